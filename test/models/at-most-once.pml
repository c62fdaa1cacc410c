/*
 * At most once, exhaustively: the rules 3 to 13 of the design as the code under lambdas/ implements them.
 *
 * Two batches, A (0) and B (1), have the same two instalments (0 and 1) in their due lists. Each has a segment record
 * and up to two files. Every process may stop between any two of its calls to a store and go on at any later time, so a
 * crash, a zombie, a late write and a late delivery are all the same thing: somebody who is not scheduled. A run that is
 * started again does not wait for the one before.
 *
 * One step of a process is one call to a store. A change of the stream's item is a read and a write on the version that was
 * read; where nothing else is read in between it is one step here, because it succeeds exactly where nobody has written since
 * (-DSPLIT keeps the two apart). Reads of what never changes any more are taken together.
 *
 * What is checked: MUST(name, condition). Which of them count: -DCHECK=<bits>. Which layers are taken out and which states
 * are looked for: checks.ts. Run by model.ts.
 */

/* --- How large: so many runs of each batch, calls of abandon, and faults. */
#ifndef RUNS_A
#define RUNS_A 2
#endif
#ifndef RUNS_B
#define RUNS_B 1
#endif
#ifndef ABANDONS
#define ABANDONS 1
#endif
#ifndef LOST
#define LOST 0
#endif
#ifndef LATE
#define LATE 0
#endif
#ifndef CHECK
#define CHECK 4095
#endif
#ifdef NOVERSION
#define SPLIT
#endif
#ifdef LOOK_AND_PUT
#define NOLASTLOOK
#endif

/* --- What must hold. The assertion that pan names is !(the property's name). */
#define END_TO_END 31
bool debited_twice, abandoned_and_sent, taken_from_sender, debited_unclaimed, lost;
bool lock_taken, fence_fell, version_stood, set_changed, verdict_missing, second_winner, released_open;
#define bit_debited_twice 1
#define bit_abandoned_and_sent 2
#define bit_taken_from_sender 4
#define bit_debited_unclaimed 8
#define bit_lost 16
#define bit_lock_taken 32
#define bit_fence_fell 64
#define bit_version_stood 128
#define bit_set_changed 256
#define bit_verdict_missing 512
#define bit_second_winner 1024
#define bit_released_open 2048
#define MUST(name, condition) \
  name = !((((CHECK) & bit_##name) == 0) || (condition)); \
  assert(!(name))

/* A state that must be reachable. Whoever comes to it first says so, and the search goes on. */
c_decl {
  static unsigned char wasReached[32];
  static void tellReached(int number) {
    if (!wasReached[number]) printf("reached: %d\n", number);
    wasReached[number] = 1;
  }
}
#define REACHED(number, condition) \
  if \
  :: (condition) -> c_code { tellReached(number); } \
  :: else \
  fi
#define W_LOCK_CONTENDED 1
#define W_LATE_REFUSED 2
#define W_UNKNOWN 3
#define W_VOID_WON 4
#define W_VOID_LOST 5
#define W_TAKEN_OVER 6
#define W_PARTIAL_ABANDON 7
#define W_CONTINUED 8
#define W_ALL_SUBMITTED 9
#define W_CLOSED_WITHDRAWN 10
#define W_ENDED_BY_EVIDENCE 11
#define W_ABANDONED 12
#define W_REJECTED 13
#define W_FENCED_OFF 14
#define W_LATE_DELIVERY 15
#define W_TIME_OVER 16
#define W_BOTH_DEBITED_BY_B 17
#define W_DOUBT_WHILE_SENT 18
#define W_SAID_SUBMITTED 19
#define W_ONE_OF_EACH 20
#define W_LOST_ANSWER_MET 21
#define W_GATE_STOPPED 22
#define W_REDRIVEN_SUBMIT 23
#define W_OVER_LOCK_TAKEN 24
#define W_LAST_LOOK 25

/* --- The ledger. */
mtype = { NONE, COMPOSED, RECONCILED, SUBMITTING, UNKNOWN, SUBMITTED, WITHDRAWN, REJECTED };
mtype = { reconcile, submit, confirm, doubt, void, withdraw, reject };
mtype = { OPEN, CLOSED, ABANDONED };
mtype = { close, abandon };
mtype = { INTENT, VOID };

/* The stream's item. A batch is named by its number plus one: 0 is nobody. */
typedef Item {
  byte version;
  byte fence;
  byte nonce;        /* of the call that wrote this version */
  byte holder;
  byte owner;        /* nonce of the call that acquired; it rises with every call, so it is the turn too */
  bit abandoning;
  bit frozen;
  bit judged;
  mtype state[2];
  byte content[2];   /* the set of instalments in the file: its SHA-256 */
  byte begun[2];     /* nonce of the call that moved it to SUBMITTING */
  byte verdict[2];
  byte carried;      /* the fence that the writer carried; 0: a person's. Not stored. */
};
Item S;
hidden mtype wasHeld = NONE;
hidden byte isAcquired;
Item N;              /* the next item, made, written and forgotten within one step */
Item late;           /* a write that is still on its way */
bit isLate;
#ifdef SPLIT
Item M[5];           /* what each process has read */
#endif

mtype batch[2] = NONE;
byte segment[2];     /* 0: none; else 4 + the set of staged lines */
byte claim[2];       /* the batch that holds the instalment */
mtype submission[4] = NONE;
byte intentOf[4];    /* nonce */
mtype recorded[4] = NONE; /* the files' records, put when the batch is over */
byte recordedContent[4];

/* --- The outbound bucket, the bank, time and people, by file. */
byte lies[4];        /* what lies under the key */
byte inFlight[4];    /* a put whose sender was told nothing */
byte landed[4];      /* what has ever arrived: the bank has picked it up and debits it */
byte debits[2];      /* what customers see */
bit elapsed[4];      /* more than the call's time and 15 minutes have gone since the intent */
mtype said[4] = NONE;/* by two people, on the bank's statement */

/* --- Step Functions: one execution of each batch. */
#define ACQUIRE 1
#define STAGE 2
#define COMPOSE 3
#define RECONCILE 4
#define SUBMIT 5
#define CLOSE 6
#define SUCCEEDED 7
byte at[2];          /* the state that the execution is in; 0: not started */
byte carriedBy[2];   /* the fence in its state */
byte awaited[2];     /* the process of whose call it waits */
byte runs[2];
byte lostLeft = LOST;
byte lateLeft = LATE;
byte abandonsLeft = ABANDONS;
bit fair;            /* people put things in order, and nothing fails meanwhile */

#define key(b, f) ((b) * 2 + (f))
#define isOver(state) ((state) == CLOSED || (state) == ABANDONED)
#define isSettled(state) ((state) == SUBMITTED || (state) == WITHDRAWN || (state) == REJECTED)
#define isInDoubt(state) ((state) == SUBMITTING || (state) == UNKNOWN)
#define doubted(item) (isInDoubt(item.state[0]) || isInDoubt(item.state[1]))
#define isSendable(state) ((state) == COMPOSED || (state) == RECONCILED)
#define bitOf(line) (1 << (line))

/* --- Moves: the table of lambdas/domain/moves.ts, which a test compares with these lines both ways. */
inline moveFile(it, event) {
  if
  /* file moves */
  :: it == COMPOSED && event == reconcile -> it = RECONCILED
  :: it == COMPOSED && event == withdraw -> it = WITHDRAWN
  :: it == RECONCILED && event == submit -> it = SUBMITTING
  :: it == RECONCILED && event == withdraw -> it = WITHDRAWN
  :: it == SUBMITTING && event == confirm -> it = SUBMITTED
  :: it == SUBMITTING && event == doubt -> it = UNKNOWN
  :: it == SUBMITTING && event == void -> it = WITHDRAWN
  :: it == UNKNOWN && event == confirm -> it = SUBMITTED
  :: it == UNKNOWN && event == void -> it = WITHDRAWN
  :: it == UNKNOWN && event == reject -> it = REJECTED
  /* end of moves */
  :: else -> goto failed /* IllegalMove */
  fi
}
inline moveBatch(it, event) {
  if
  /* batch moves */
  :: it == OPEN && event == close -> it = CLOSED
  :: it == OPEN && event == abandon -> it = ABANDONED
  /* end of moves */
  :: else -> goto failed
  fi
}

/* --- The store. */
inline copyItem(from, to) {
  d_step {
  to.version = from.version; to.fence = from.fence; to.nonce = from.nonce;
  to.holder = from.holder; to.owner = from.owner;
  to.abandoning = from.abandoning; to.frozen = from.frozen; to.judged = from.judged;
  to.state[0] = from.state[0]; to.state[1] = from.state[1];
  to.content[0] = from.content[0]; to.content[1] = from.content[1];
  to.begun[0] = from.begun[0]; to.begun[1] = from.begun[1];
  to.verdict[0] = from.verdict[0]; to.verdict[1] = from.verdict[1];
  to.carried = from.carried
  }
}
inline freeLock(item) {
  d_step {
  item.holder = 0; item.owner = 0; item.abandoning = 0; item.frozen = 0; item.judged = 0;
  item.state[0] = NONE; item.state[1] = NONE; item.content[0] = 0; item.content[1] = 0;
  item.begun[0] = 0; item.begun[1] = 0; item.verdict[0] = 0; item.verdict[1] = 0
  }
}
inline forget(item) {
  freeLock(item); item.version = 0; item.fence = 0; item.nonce = 0; item.carried = 0
}

/* An item lands: judged by what stood there before. */
inline arrive(next) {
  d_step {
    wasHeld = (S.holder != 0 -> batch[S.holder - 1] : NONE);
    isAcquired = (next.holder != 0 && (next.holder != S.holder || next.owner != S.owner));
    MUST(version_stood, next.version == S.version + 1);
    MUST(fence_fell, next.fence == S.fence + isAcquired && (next.carried == 0 || next.carried == S.fence || wasHeld == CLOSED));
    MUST(lock_taken, S.holder == 0 || next.holder == 0 || next.holder == S.holder || isOver(wasHeld));
    MUST(released_open, S.holder == 0 || next.holder != 0 || isOver(wasHeld));
    MUST(set_changed, S.holder == 0 || S.holder != next.holder || !S.frozen ||
      (next.frozen && S.content[0] == next.content[0] && S.content[1] == next.content[1]));
    MUST(second_winner, S.holder == 0 || S.holder != next.holder ||
      ((S.begun[0] == 0 || S.begun[0] == next.begun[0]) && (S.begun[1] == 0 || S.begun[1] == next.begun[1])));
    MUST(verdict_missing, (next.state[0] != SUBMITTING || next.verdict[0] == next.content[0]) &&
      (next.state[1] != SUBMITTING || next.verdict[1] == next.content[1]));
    REACHED(W_UNKNOWN, next.state[0] == UNKNOWN);
    REACHED(W_DOUBT_WHILE_SENT, (next.state[0] == UNKNOWN && S.state[0] != UNKNOWN && landed[key(next.holder - 1, 0)] != 0));
    REACHED(W_ENDED_BY_EVIDENCE, (S.state[0] == UNKNOWN && next.state[0] == SUBMITTED && lies[key(next.holder - 1, 0)] != 0));
    REACHED(W_SAID_SUBMITTED, (S.state[0] == UNKNOWN && next.state[0] == SUBMITTED && lies[key(next.holder - 1, 0)] == 0));
    REACHED(W_REJECTED, next.state[0] == REJECTED);
    wasHeld = NONE; isAcquired = 0;
    S.version = next.version; S.fence = next.fence; S.nonce = next.nonce;
    S.holder = next.holder; S.owner = next.owner;
    S.abandoning = next.abandoning; S.frozen = next.frozen; S.judged = next.judged;
    S.state[0] = next.state[0]; S.state[1] = next.state[1];
    S.content[0] = next.content[0]; S.content[1] = next.content[1];
    S.begun[0] = next.begun[0]; S.begun[1] = next.begun[1];
    S.verdict[0] = next.verdict[0]; S.verdict[1] = next.verdict[1]
  }
}

/* The item on which a decision is made: what stands there, or what was read. */
inline basis(p) {
#ifdef SPLIT
  copyItem(M[p], N)
#else
  copyItem(S, N)
#endif
}
#ifdef SPLIT
#define READ(p) atomic { copyItem(S, M[p]) };
#define SEEN(p) forget(M[p]); forget(N)
#else
#define READ(p)
#define SEEN(p) forget(N)
#endif
#ifdef NOVERSION
#define ON_VERSION true
#else
#define ON_VERSION (N.version == S.version)
#endif

/*
 * Writes N on the version that it was made from. The answer may be lost, or the write be late; then the item is read back,
 * and only the call's own nonce under that version proves that it landed. done: the change is over; else it is judged again.
 */
#define REFUSED 0
#define WROTE 1
#define ASK 2
inline write(p, fenceCarried) {
  if
  :: !(ON_VERSION) -> answer = REFUSED
  :: else ->
     N.version = N.version + 1; N.nonce = me; N.carried = fenceCarried;
#if LOST + LATE
     wrote = N.version;
#endif
     if
     :: answer = WROTE
     :: lostLeft > 0 && !fair -> lostLeft--; answer = ASK
     :: lateLeft > 0 && !isLate && !fair -> lateLeft--; isLate = 1; answer = ASK
     fi;
     if
     :: isLate == 1 && late.version == 0 -> copyItem(N, late)
     :: else -> arrive(N)
     fi
  fi;
  SEEN(p)
}
#if LOST + LATE == 0
#define READ_BACK ;
#else
inline readBack() {
  atomic {
    if
    :: answer == ASK && S.version == wrote && S.nonce == me -> answer = WROTE; REACHED(W_LOST_ANSWER_MET, true)
    :: answer == ASK && !(S.version == wrote && S.nonce == me) -> answer = REFUSED
    :: else
    fi;
    wrote = 0
  }
}
#define READ_BACK }; readBack(); atomic {
#endif

/* Whether the lock is the batch's, under the fence that the call carries (0: a person's). */
#ifdef NOFENCE
#define fenced(item, carried) true
#else
#define fenced(item, carried) ((carried) == 0 || item.fence == (carried))
#endif
#define held(item, b, carried) (item.holder == (b) + 1 && fenced(item, carried))
#define heldNow(carried) atomic { \
    if \
    :: held(S, b, carried) \
    :: else -> REACHED(W_FENCED_OFF, S.holder == b + 1 && carried != 0); goto failed \
    fi \
  }

/* The file's move by `event`, unless it is done already. `state` is then where the file stands. */
#define isDone(it) ( \
  (event == confirm && (it == SUBMITTED || (anyEnd && isSettled(it)))) || (event == reject && isSettled(it)) || \
  (event == doubt && (it == UNKNOWN || isSettled(it))) || ((event == void || event == withdraw) && it == WITHDRAWN))
inline moved(p, fenceCarried) {
  do
  :: READ(p)
     atomic {
       basis(p);
       if
       :: !held(N, b, fenceCarried) -> REACHED(W_FENCED_OFF, N.holder == b + 1 && fenceCarried != 0); SEEN(p); goto failed
       :: else
       fi;
       if
       :: isDone(N.state[f]) -> answer = WROTE; state = N.state[f]; SEEN(p)
       :: else -> moveFile(N.state[f], event); state = N.state[f]; write(p, fenceCarried)
       fi
       READ_BACK
       if
       :: answer == WROTE -> answer = REFUSED; break
       :: else -> state = NONE
       fi
     }
  od
}

/* The bytes of one file arrive under its key, where nothing may lie: picked up at once, and debited. */
inline arriveAtBank(k, bytes) {
  if
#ifndef NOCREATE
  :: lies[k] != 0 -> skip
#endif
  :: else ->
     lies[k] = bytes; landed[k] = bytes;
     MUST(abandoned_and_sent, batch[(k) / 2] != ABANDONED);
     MUST(debited_unclaimed, (!(bytes & 1) || claim[0] == (k) / 2 + 1) && (!(bytes & 2) || claim[1] == (k) / 2 + 1));
     if :: bytes & 1 -> debits[0]++ :: else fi;
     if :: bytes & 2 -> debits[1]++ :: else fi;
     MUST(debited_twice, debits[0] <= 1 && debits[1] <= 1)
  fi
}

/* Rule 11: evidence, else VOID, else what people have said, else doubt. `state` is then where the file stands. */
inline look(k) {
  atomic { found = (lies[k] == bytes -> 2 : (lies[k] != 0 -> 1 : 0)) }
}
inline settle(p, fenceCarried) {
  atomic {
    if
    :: lies[key(b, f)] == bytes -> event = confirm
    :: else -> event = NONE
    fi
  };
  if
  :: event == confirm
  :: else ->
     atomic {
       kind = submission[key(b, f)];
#ifdef DOUBT_IS_FAILED
       kind = VOID;
#endif
       if
#ifndef NOVOID_TRIED
       :: kind == NONE -> kind = VOID;
#ifndef NOVOID
          submission[key(b, f)] = VOID; intentOf[key(b, f)] = me;
#endif
          REACHED(W_VOID_WON, true)
#endif
       :: else -> REACHED(W_VOID_LOST, kind == INTENT)
       fi;
       event = (kind == VOID -> void : doubt);
       kind = NONE
     }
  fi;
  do
  :: moved(p, fenceCarried);
     if
     :: event == doubt && state == UNKNOWN ->
        atomic {
          if
          :: said[key(b, f)] == SUBMITTED -> event = confirm; anyEnd = 1
          :: said[key(b, f)] == REJECTED -> event = reject
          :: else -> event = NONE
          fi
        };
        if
        :: event == NONE -> break
#ifndef NOSECONDLOOK
        :: event == reject ->
           atomic {
             if
             :: lies[key(b, f)] == bytes -> event = confirm
             :: lies[key(b, f)] != 0 && lies[key(b, f)] != bytes -> event = NONE
             :: else
             fi
           };
           if
           :: event == NONE -> break
           :: else
           fi
#endif
        :: else
        fi
     :: else -> break
     fi
  od;
  atomic { event = NONE; anyEnd = 0 }
}

/* --- The states of the billing batch: one call of each. A fault goes to `failed`. */

/* Rule 4, 5: the stream's item first, then the record, then one write on that version. */
inline acquireLock(p) {
  do
  :: atomic {
       seen = S.version;
#ifdef SPLIT
       copyItem(S, M[p]);
#endif
       skip
     };
     atomic { record = batch[b] };
     if
     :: record == ABANDONED -> goto failed
     :: record == CLOSED -> fence = S.fence; break
     :: else
     fi;
     atomic {
       if
       :: seen != S.version -> skip
       :: else -> record = (S.holder != 0 && S.holder != b + 1 -> batch[S.holder - 1] : NONE)
       fi
     };
     atomic {
       basis(p);
       if
       :: seen != N.version || !(ON_VERSION) -> answer = REFUSED; SEEN(p)
       :: else ->
          if
          :: N.holder == b + 1 && N.owner == me -> answer = WROTE; fence = N.fence; SEEN(p)
          :: N.holder == b + 1 && N.owner != me && (N.abandoning || N.owner > me || (first != 0 && first != N.fence + 1)) -> SEEN(p); goto failed
          :: N.holder == b + 1 && N.owner != me && !(N.abandoning || N.owner > me || (first != 0 && first != N.fence + 1)) ->
             first = (first == 0 -> N.fence + 1 : first); N.fence = N.fence + 1; N.owner = me; fence = N.fence; write(p, 0)
#ifdef NOLOCK
          :: N.holder != b + 1 && doubted(N) -> SEEN(p); goto failed
          :: N.holder != b + 1 && !doubted(N) ->
             freeLock(N); N.holder = b + 1; N.owner = me; N.fence = N.fence + 1; fence = N.fence; write(p, 0)
#else
          :: N.holder != b + 1 && N.holder != 0 && !isOver(record) ->
             REACHED(W_LOCK_CONTENDED, true);
             SEEN(p);
#ifdef FAIL_OPEN
             fence = N.fence; answer = WROTE
#else
             goto failed
#endif
          :: N.holder != b + 1 && isOver(record) && doubted(N) -> SEEN(p); goto failed
          :: N.holder != b + 1 && (N.holder == 0 || isOver(record)) && !doubted(N) ->
             REACHED(W_OVER_LOCK_TAKEN, N.holder != 0);
             first = (first == 0 -> N.fence + 1 : first); freeLock(N); N.holder = b + 1; N.owner = me; N.fence = N.fence + 1; fence = N.fence; write(p, 0)
#endif
          fi
       fi
       READ_BACK
       if
       :: answer == WROTE -> answer = REFUSED; record = NONE; break
       :: else -> record = NONE
       fi
     }
  od;
  seen = 0; first = 0;
  /* The record is pinned: put if absent, else it must be open. */
  atomic {
    if
    :: record == CLOSED
    :: record != CLOSED && batch[b] == NONE -> batch[b] = OPEN
    :: record != CLOSED && batch[b] == OPEN
    :: record != CLOSED && isOver(batch[b]) -> record = NONE; goto failed
    fi
  }
}

/* Rule 8: why a claim of batch `o` on a line can no longer become a debit. What is missing or open holds it. */
#ifdef TAKE_ANYTHING
#define isReleased(o, line) true
#else
#ifdef TAKE_BY_BATCH
#define isReleased(o, line) isOver(batch[o])
#else
#define isReleased(o, line) (batch[o] == ABANDONED || (batch[o] == CLOSED && segment[o] != 0 && \
  (!(segment[o] & bitOf(line)) || \
   ((recordedContent[key(o, 0)] & bitOf(line)) && (recorded[key(o, 0)] == WITHDRAWN || recorded[key(o, 0)] == REJECTED)) || \
   ((recordedContent[key(o, 1)] & bitOf(line)) && (recorded[key(o, 1)] == WITHDRAWN || recorded[key(o, 1)] == REJECTED)))))
#endif
#endif

/* What the bank has, or may yet get, of another batch for this line. */
#define maySend(o, line) ( \
  (((landed[key(o, 0)] | inFlight[key(o, 0)]) & bitOf(line)) != 0) || \
  (((landed[key(o, 1)] | inFlight[key(o, 1)]) & bitOf(line)) != 0))

/* Rule 7: read, judge, claim on condition of what was read. */
inline stageSegment() {
  heldNow(fence);
  if
  :: segment[b] != 0 -> skip
  :: else ->
     do
     :: line < 2 ->
        atomic { holder = claim[line] };
        if
#ifndef SKIP_OWN
        :: holder == b + 1 -> staged = staged | bitOf(line); line++
#else
        :: holder == b + 1 -> line++
#endif
        :: holder == 2 - b && !isReleased(1 - b, line) -> line++
        :: holder != b + 1 && (holder == 0 || isReleased(holder - 1, line)) ->
           atomic {
             if
#ifdef NOCLAIM
             :: true ->
#else
             :: claim[line] == holder ->
#endif
                MUST(taken_from_sender, claim[line] == 0 || claim[line] == b + 1 || !maySend(1 - b, line));
                REACHED(W_TAKEN_OVER, holder != 0 && segment[1 - b] != 0 && (segment[1 - b] & bitOf(line)));
                claim[line] = b + 1; staged = staged | bitOf(line); line++
             :: else
             fi
           }
        fi;
        holder = 0
     :: else -> break
     od;
     atomic {
       if
       :: segment[b] == 0 -> segment[b] = 4 + staged
       :: else
       fi;
       line = 0; staged = 0
     }
  fi
}

/* Rule 9: the first compose freezes the set; under newer limits another one would come out. */
#ifdef NOFREEZE
#define isFrozen(item) false
#else
#define isFrozen(item) (item.frozen)
#endif
inline composeBankFile(p) {
  atomic {
    if
    :: !held(S, b, fence) -> REACHED(W_FENCED_OFF, S.holder == b + 1); goto failed
    :: else -> found = isFrozen(S)
    fi
  };
  if
  :: found -> skip
  :: else ->
     if
     :: segment[b] == 0 -> goto failed
     :: else
     fi;
     do
     :: READ(p)
        atomic {
          basis(p);
          if
          :: !held(N, b, fence) -> SEEN(p); goto failed
          :: else
          fi;
          if
          :: isFrozen(N) -> answer = WROTE; SEEN(p)
          :: !isFrozen(N) ->
             if
             :: N.abandoning -> SEEN(p); goto failed
             :: else
             fi;
             N.frozen = 1;
             if
             :: segment[b] == 7 -> N.content[0] = 1; N.content[1] = 2
#ifdef OTHER_LIMITS
             :: segment[b] == 7 -> N.content[0] = 3; N.content[1] = 0
#endif
             :: segment[b] != 7 -> N.content[0] = segment[b] & 3; N.content[1] = 0
             fi;
             /* A file begins as COMPOSED: no move, but its birth. */
             N.state[0] = (N.content[0] != 0 -> COMPOSED : NONE);
             N.state[1] = (N.content[1] != 0 -> COMPOSED : NONE);
             write(p, fence)
          fi
          READ_BACK
          if
          :: answer == WROTE -> answer = REFUSED; break
          :: else
          fi
        }
     od
  fi;
  found = 0
}

/* The gate, as far as the protocol goes: files, segment and claims agree on every line. */
#define inFiles(line) ((judgedFirst | judgedSecond) & bitOf(line))
#define agree(line) ( \
  inFiles(line) -> \
    ((segment[b] & bitOf(line)) && claim[line] == b + 1) : \
    (!(segment[b] & bitOf(line)) && claim[line] == 2 - b && !isReleased(1 - b, line)))
inline reconcileBatch(p) {
  atomic {
    if
    :: held(S, b, fence) && S.frozen -> judgedFirst = S.content[0]; judgedSecond = S.content[1]
    :: else -> goto failed
    fi;
    /* Where nothing is left that could be sent, the verdict stands. */
    answer = (S.content[0] != 0 && !isSendable(S.state[0]) && !isSendable(S.state[1]) && S.judged &&
              S.verdict[0] == S.content[0] && S.verdict[1] == S.content[1] -> WROTE : REFUSED)
  };
  if
  :: answer == WROTE -> skip
  :: else ->
#ifndef NOGATE
     atomic {
       if
       :: agree(0) && agree(1)
       :: else -> REACHED(W_GATE_STOPPED, true); judgedFirst = 0; judgedSecond = 0; goto failed
       fi
     };
#endif
     do
     :: READ(p)
        atomic {
          basis(p);
          if
          :: !held(N, b, fence) || !N.frozen || N.content[0] != judgedFirst || N.content[1] != judgedSecond -> SEEN(p); goto failed
          :: else
          fi;
          if
          :: N.judged && N.verdict[0] == judgedFirst && N.verdict[1] == judgedSecond && N.state[0] != COMPOSED && N.state[1] != COMPOSED ->
             answer = WROTE; SEEN(p)
          :: else ->
             if
             :: N.abandoning -> SEEN(p); goto failed
             :: else
             fi;
             if :: N.state[0] == COMPOSED -> moveFile(N.state[0], reconcile) :: else fi;
             if :: N.state[1] == COMPOSED -> moveFile(N.state[1], reconcile) :: else fi;
             N.judged = 1; N.verdict[0] = judgedFirst; N.verdict[1] = judgedSecond;
             write(p, fence)
          fi
          READ_BACK
          if
          :: answer == WROTE -> break
          :: else
          fi
        }
     od
  fi;
  answer = REFUSED; judgedFirst = 0; judgedSecond = 0
}

/* Rule 10: two single-winner writes, a look under the key, one at the ledger, one delivery. */
inline begin(p) {
  do
  :: READ(p)
     atomic {
       basis(p);
       if
       :: !held(N, b, fence) -> REACHED(W_FENCED_OFF, N.holder == b + 1); SEEN(p); goto failed
       :: else
       fi;
       if
       :: N.state[f] != RECONCILED ->
          answer = WROTE; mine = (N.state[f] == SUBMITTING && N.begun[f] == me); state = N.state[f]; SEEN(p)
       :: N.state[f] == RECONCILED ->
          if
#ifndef NOFLAG
          :: N.abandoning -> SEEN(p); goto failed
#endif
#ifndef NOVERDICT
          :: N.content[f] != bytes || !N.judged || N.verdict[f] != bytes -> SEEN(p); goto failed
#endif
          :: else
          fi;
          moveFile(N.state[f], submit); N.begun[f] = me;
          mine = true; state = SUBMITTING;
          write(p, fence)
       fi
       READ_BACK
       if
       :: answer == WROTE -> answer = REFUSED; break
       :: else -> mine = false; state = NONE
       fi
     }
  od
}
#define isLetGo (S.holder != b + 1 || S.state[f] == NONE || isSettled(S.state[f]))
inline deliver() {
  atomic {
    found = (lies[key(b, f)] != 0 -> 1 : 0);
#ifdef NOLOOK
    found = 0
#endif
  };
#ifndef NOLASTLOOK
  /*
   * The ledger once more: what another call has settled meanwhile, or whose batch has let go of the lock, stays here. It
   * keeps nothing by itself. It is a read and the put is another step, so that whoever settles in between is not seen; and
   * even if both were one step (LOOK_AND_PUT), somebody who has looked for the file before the put may still withdraw it
   * after: only INTENT and VOID keep those two apart.
   */
  if
  :: found -> skip
  :: else ->
     atomic {
       if
       :: isLetGo -> found = 1; REACHED(W_LAST_LOOK, true)
       :: else
       fi
     }
  fi;
#endif
  /* The clock last of all: in the code nothing is awaited between it and the put. */
  if
  :: found -> skip
  :: else ->
     atomic {
       if
#ifdef LOOK_AND_PUT
       :: isLetGo
#endif
#ifndef NOCLOCK
       :: elapsed[key(b, f)] -> REACHED(W_TIME_OVER, true)
#endif
       :: else ->
          if
          :: arriveAtBank(key(b, f), bytes)
#ifndef LOOK_AND_PUT
          :: !fair && inFlight[key(b, f)] == 0 -> inFlight[key(b, f)] = bytes
#endif
          fi
       fi
     }
  fi;
  found = 0
}
inline submitBankFile(p) {
  atomic {
    if
    :: !held(S, b, fence) || !S.frozen -> REACHED(W_FENCED_OFF, S.holder == b + 1); goto failed
    :: else -> files = (S.content[0] != 0 -> 1 : 0) + (S.content[1] != 0 -> 1 : 0)
    fi
  };
  do
  :: f < files ->
     atomic {
       if
       :: !held(S, b, fence) -> goto failed
       :: else -> state = S.state[f]; bytes = S.content[f]
       fi
     };
     if
     :: state == COMPOSED || (state == RECONCILED && stopped) -> goto failed
     :: state == RECONCILED && !stopped ->
        begin(p);
#ifdef MARK_FIRST
        if
        :: mine -> event = confirm; moved(p, fence); event = NONE
        :: else
        fi;
#endif
     :: else -> skip
     fi;
#ifdef NOSUBMITTING
     mine = (state == SUBMITTING || state == UNKNOWN);
#endif
     if
     :: mine ->
        atomic {
          MUST(second_winner, S.holder != b + 1 || S.begun[f] == me);
          if
#ifdef NOINTENT
          :: true -> MUST(second_winner, submission[key(b, f)] == NONE); submission[key(b, f)] = INTENT; intentOf[key(b, f)] = me
#else
          :: submission[key(b, f)] == NONE -> submission[key(b, f)] = INTENT; intentOf[key(b, f)] = me
          :: submission[key(b, f)] == VOID -> mine = false
          :: submission[key(b, f)] == INTENT -> goto failed
#endif
          fi
        }
     :: else
     fi;
#ifdef RESEND
     mine = mine || state == SUBMITTING || state == UNKNOWN;
#endif
     if
     :: mine -> deliver(); mine = false
     :: else
     fi;
     if
     :: isSettled(state) -> skip
     :: else -> settle(p, fence)
     fi;
     atomic {
       if
       :: state == SUBMITTED -> skip
       :: state == WITHDRAWN || state == REJECTED -> stopped = true
       :: else -> goto failed
       fi;
       state = NONE; bytes = 0; f++
     }
  :: else -> break
  od;
  atomic { f = 0; files = 0; stopped = false }
}

/* Rule 13: the files' records, CLOSED, release. */
inline readFiles() {
  content[0] = S.content[0]; content[1] = S.content[1]; stood[0] = S.state[0]; stood[1] = S.state[1];
  wasBegun = (S.begun[0] != 0 || S.begun[1] != 0)
}
inline forgetFiles() {
  content[0] = 0; content[1] = 0; stood[0] = NONE; stood[1] = NONE; wasBegun = 0
}
inline recordFile(f) {
  if
  :: recorded[key(b, f)] == NONE && content[f] != 0 -> recorded[key(b, f)] = stood[f]; recordedContent[key(b, f)] = content[f]
  :: else
  fi
}
inline release(p) {
  do
  :: READ(p)
     atomic {
       basis(p);
       if
       :: N.holder != b + 1 -> answer = WROTE; SEEN(p)
       :: else -> freeLock(N); write(p, fence)
       fi
       READ_BACK
       if
       :: answer == WROTE -> answer = REFUSED; break
       :: else
       fi
     }
  od
}
inline closeBatch(p) {
  if
  :: batch[b] == CLOSED -> skip
  :: else ->
     atomic {
       if
       :: !held(S, b, fence) || S.abandoning || !S.frozen || !S.judged -> REACHED(W_FENCED_OFF, S.holder == b + 1); goto failed
       :: else
       fi;
       if
       :: (S.content[0] != 0 && !isSettled(S.state[0])) || (S.content[1] != 0 && !isSettled(S.state[1])) -> goto failed
       /* Every due row is excluded, submitted, withdrawn or rejected. */
       :: segment[b] != 4 + (S.content[0] | S.content[1]) || (S.content[0] & S.content[1]) != 0 -> goto failed
       :: else -> readFiles()
       fi
     };
     atomic { recordFile(0); recordFile(1) };
#ifdef CLOSE_ORDER
     release(p);
#endif
     atomic {
       if
       :: batch[b] == CLOSED -> skip
       :: else ->
          moveBatch(batch[b], close);
          REACHED(W_ALL_SUBMITTED, b == 0 && stood[0] == SUBMITTED && stood[1] == SUBMITTED);
          REACHED(W_CLOSED_WITHDRAWN, stood[0] == SUBMITTED && stood[1] == WITHDRAWN);
          REACHED(W_ONE_OF_EACH, b == 1 && recorded[0] == SUBMITTED && recorded[1] == WITHDRAWN && stood[0] == SUBMITTED && content[0] == 2);
          REACHED(W_BOTH_DEBITED_BY_B, b == 1 && debits[0] == 1 && debits[1] == 1 && landed[0] == 0 && landed[1] == 0)
       fi;
       forgetFiles()
     }
  fi;
  release(p)
}

/* --- Abandon (rule 12), in four steps: flag, void, end, free. */
inline flag(p) {
  do
  :: atomic {
       seen = S.version;
#ifdef SPLIT
       copyItem(S, M[p]);
#endif
       skip
     };
     atomic {
       record = batch[b];
       if
       :: record == CLOSED -> goto failed
       :: else
       fi
     };
     atomic { kind = (seen == S.version && S.holder != 0 && S.holder != b + 1 -> batch[S.holder - 1] : NONE) };
     atomic {
       basis(p);
       if
       :: seen != N.version || !(ON_VERSION) -> answer = REFUSED; SEEN(p)
       :: else ->
          /* What is flagged is judged as it was then. */
          if
          :: N.holder == b + 1 -> content[0] = N.content[0]; content[1] = N.content[1]; stood[0] = N.state[0]; stood[1] = N.state[1]
          :: else
          fi;
          if
          :: N.holder == b + 1 && N.abandoning -> answer = WROTE; SEEN(p)
          :: N.holder == b + 1 && !N.abandoning -> N.abandoning = 1; write(p, 0)
          :: N.holder != b + 1 && record == ABANDONED -> SEEN(p); goto failed
          :: N.holder != b + 1 && record != ABANDONED && N.holder != 0 && !isOver(kind) -> SEEN(p); goto failed
          :: N.holder != b + 1 && record != ABANDONED && isOver(kind) && doubted(N) -> SEEN(p); goto failed
          :: N.holder != b + 1 && record != ABANDONED && (N.holder == 0 || isOver(kind)) && !doubted(N) ->
             freeLock(N); N.holder = b + 1; N.owner = me; N.abandoning = 1; N.fence = N.fence + 1; write(p, 0)
          fi
       fi
       READ_BACK
       record = NONE; kind = NONE; seen = 0;
       if
       :: answer == WROTE -> answer = REFUSED; break
       :: else -> forgetFiles()
       fi
     }
  od
}
inline withdrawFile(p) {
  look(key(b, f));
  if
  :: found == 2 -> goto failed
  :: else
  fi;
  atomic {
    found = 0;
    if
    :: submission[key(b, f)] == NONE ->
#ifndef NOVOID
       submission[key(b, f)] = VOID; intentOf[key(b, f)] = me
#endif
    :: submission[key(b, f)] == VOID
    :: submission[key(b, f)] == INTENT -> goto failed
    fi
  };
  event = withdraw;
  moved(p, 0);
  event = NONE
}
inline endAbandoned() {
  atomic {
    if
    :: (content[0] != 0 && stood[0] != WITHDRAWN) || (content[1] != 0 && stood[1] != WITHDRAWN) -> goto failed
    :: else
    fi;
    recordFile(0); recordFile(1)
  };
  atomic {
    if
    :: batch[b] == NONE -> batch[b] = OPEN
    :: else
    fi;
    if
    :: batch[b] == ABANDONED -> skip
    :: else -> moveBatch(batch[b], abandon)
    fi;
    MUST(abandoned_and_sent, ((landed[key(b, 0)] | landed[key(b, 1)] | inFlight[key(b, 0)] | inFlight[key(b, 1)]) == 0));
    REACHED(W_ABANDONED, claim[0] == b + 1)
  }
}
inline abandonBatch(p) {
  flag(p);
  do
  :: f < 2 && content[f] != 0 ->
     bytes = content[f];
     if
     :: stood[f] == SUBMITTING || stood[f] == UNKNOWN -> settle(p, 0)
     :: isSendable(stood[f]) -> withdrawFile(p)
     :: else -> skip
     fi;
     atomic { state = NONE; bytes = 0; f++ }
  :: else -> break
  od;
  atomic {
    f = 0; forgetFiles();
    if
    :: !held(S, b, 0) -> goto failed
    :: else -> readFiles()
    fi
  };
  if
  :: content[0] == 0 && submission[key(b, 0)] == INTENT -> goto failed
  :: else
  fi;
  if
  :: wasBegun -> skip
  :: else -> endAbandoned()
  fi;
  do
  :: READ(p)
     atomic {
       basis(p);
       if
       :: N.holder != b + 1 || (wasBegun && !N.abandoning) -> answer = WROTE; SEEN(p)
       :: N.holder == b + 1 && !wasBegun -> freeLock(N); write(p, 0)
       :: N.holder == b + 1 && wasBegun && N.abandoning ->
          N.abandoning = 0;
          REACHED(W_PARTIAL_ABANDON, N.state[0] == SUBMITTED && N.state[1] == WITHDRAWN);
          write(p, 0)
       fi
       READ_BACK
       if
       :: answer == WROTE -> answer = REFUSED; break
       :: else
       fi
     }
  od;
  forgetFiles()
}

/* --- Who is there. */

#define LOCALS \
  byte me; byte fence; byte f; byte files; byte line; byte staged; byte holder; byte bytes; byte seen; byte first; \
  byte wrote; byte answer; byte found; byte judgedFirst; byte judgedSecond; byte content[2]; bool stopped; bool mine; bit wasBegun; bit anyEnd; mtype event = NONE; \
  mtype record = NONE; mtype kind = NONE; mtype state = NONE; mtype stood[2] = NONE
#define CLEAR \
  me = 0; fence = 0; f = 0; files = 0; line = 0; staged = 0; holder = 0; bytes = 0; seen = 0; first = 0; \
  wrote = 0; answer = 0; found = 0; judgedFirst = 0; judgedSecond = 0; stopped = false; mine = false; \
  record = NONE; kind = NONE; state = NONE; event = NONE; anyEnd = 0; forgetFiles()

/* What Step Functions does after a call: the next state, unless it has given the call up and waits for another. */
#define next(stateOfMachine) \
  atomic { \
    if \
    :: awaited[b] == p -> at[b] = stateOfMachine; carriedBy[b] = (stateOfMachine == SUCCEEDED -> 0 : fence) \
    :: else -> goto failed \
    fi \
  }

inline runOn(p) {
  if
  :: stage == ACQUIRE ->
     acquireLock(p);
     atomic {
       if
       :: awaited[b] == p -> carriedBy[b] = fence; at[b] = (record == CLOSED -> CLOSE : STAGE); stage = at[b]; record = NONE
       :: else -> record = NONE; goto failed
       fi
     }
  :: else
  fi;
  if :: stage == STAGE -> stageSegment(); next(COMPOSE); stage = COMPOSE :: else fi;
  if :: stage == COMPOSE -> composeBankFile(p); next(RECONCILE); stage = RECONCILE :: else fi;
  if :: stage == RECONCILE -> reconcileBatch(p); next(SUBMIT); stage = SUBMIT :: else fi;
  if :: stage == SUBMIT -> submitBankFile(p); next(CLOSE); stage = CLOSE :: else fi;
  closeBatch(p);
  next(SUCCEEDED)
}

/* Starts, retries, redrives or continues the batch's execution, whatever an earlier call still does. */
proctype Run(byte p; byte b; byte most) {
  LOCALS;
  byte stage;
  do
  :: atomic {
       runs[b] < most && at[b] != SUCCEEDED ->
       runs[b]++; awaited[b] = p; me = b * 10 + runs[b];
       if
       :: at[b] == 0 -> at[b] = ACQUIRE; stage = ACQUIRE
       :: at[b] != 0 -> stage = at[b]; fence = carriedBy[b]; REACHED(W_REDRIVEN_SUBMIT, stage == SUBMIT && S.state[0] == SUBMITTING)
       :: at[b] > ACQUIRE -> at[b] = ACQUIRE; carriedBy[b] = 0; stage = ACQUIRE; REACHED(W_CONTINUED, S.state[0] == UNKNOWN)
       fi
     };
     runOn(p);
failed:
     atomic { CLEAR; stage = 0; SEEN(p) }
  :: atomic { runs[b] >= most || at[b] == SUCCEEDED -> break }
  od
}

/* Somebody who abandons batch A. */
proctype Abandoner(byte p; byte b) {
  LOCALS;
  do
  :: atomic { abandonsLeft > 0 -> abandonsLeft--; me = 21 + abandonsLeft };
     abandonBatch(p);
failed:
     atomic { CLEAR; SEEN(p) }
  :: break
  od
}

#ifdef RECOVERY
/*
 * At any moment, whatever everybody else has left half done and may still do later: people redrive, continue, abandon and
 * continue each batch, A and then B, and no call fails. Then nothing may be lost; and the others wake up.
 */
#define inDoubt(o) (batch[o] == OPEN && S.holder == (o) + 1 && ( \
  (S.state[0] == UNKNOWN && submission[key(o, 0)] == INTENT) || (S.state[1] == UNKNOWN && submission[key(o, 1)] == INTENT)))
#define isAccounted(line) ( \
  debits[line] == 1 || claim[line] == 0 || isReleased(claim[line] - 1, line) || inDoubt(claim[line] - 1))
#define isTrue(k) (recorded[k] != SUBMITTED || landed[k] == recordedContent[k])
proctype Recovery(byte p) {
  LOCALS;
  byte stage;
  byte phase;
  byte b;
  atomic {
    fair = 1;
again:
    b = phase / 4;
    me = b * 10 + 5 + phase % 4;
    if
    :: at[b] == SUCCEEDED || (at[b] == 0 && b == 0) || batch[b] == ABANDONED -> skip
    :: else ->
       if
       :: phase % 4 == 2 -> if :: !isOver(batch[b]) -> abandonBatch(p) :: else fi
       :: phase % 4 == 0 -> awaited[b] = p; at[b] = (at[b] == 0 -> ACQUIRE : at[b]); stage = at[b]; fence = carriedBy[b]
       :: phase % 4 == 1 || phase % 4 == 3 -> awaited[b] = p; at[b] = ACQUIRE; carriedBy[b] = 0; stage = ACQUIRE
       fi;
       if
       :: stage != 0 -> runOn(p)
       :: else
       fi
    fi;
failed:
    CLEAR; stage = 0; SEEN(p);
    phase++;
    if
    :: phase < 8 -> goto again
    :: else
    fi;
    b = 0; phase = 0;
    MUST(lost, isAccounted(0) && isAccounted(1));
    MUST(lost, at[0] == 0 || isOver(batch[0]) || inDoubt(0));
    MUST(lost, isTrue(0) && isTrue(1) && isTrue(2) && isTrue(3))
  }
}
#endif

/* Networks, the bank, time, and two people with the bank's statement. */
proctype World() {
  byte k;
end:
  do
  :: atomic { isLate ->
       if
#ifndef NOVERSION
       :: late.version != S.version + 1 -> REACHED(W_LATE_REFUSED, late.holder == S.holder)
#endif
       :: else -> arrive(late)
       fi;
       forget(late); isLate = 0
     }
  :: atomic { inFlight[0] != 0 -> arriveAtBank(0, inFlight[0]); inFlight[0] = 0; REACHED(W_LATE_DELIVERY, S.state[0] == UNKNOWN) }
  :: atomic { inFlight[0] != 0 -> inFlight[0] = 0 }
  :: atomic { inFlight[1] != 0 -> arriveAtBank(1, inFlight[1]); inFlight[1] = 0 }
  :: atomic { inFlight[1] != 0 -> inFlight[1] = 0 }
#if RUNS_B > 0
  :: atomic { inFlight[2] != 0 -> arriveAtBank(2, inFlight[2]); inFlight[2] = 0 }
  :: atomic { inFlight[2] != 0 -> inFlight[2] = 0 }
#endif
#ifdef BANK_REMOVES
  :: atomic { lies[0] != 0 -> lies[0] = 0 }
  :: atomic { lies[1] != 0 -> lies[1] = 0 }
#endif
#ifdef RESOLVE
  :: atomic { submission[0] == INTENT && inFlight[0] == 0 && !elapsed[0] -> elapsed[0] = 1 }
  :: atomic { said[0] == NONE && submission[0] == INTENT && S.holder == 1 && (S.state[0] == SUBMITTING || S.state[0] == UNKNOWN) &&
#ifdef NOTIMERULE
       true ->
#else
       (landed[0] != 0 || elapsed[0]) ->
#endif
       said[0] = (landed[0] != 0 -> SUBMITTED : REJECTED)
     }
#endif
  od
}

init {
  atomic {
#ifdef FROM_SUBMIT
    /* Batch A is where its first submission begins: acquired, staged, frozen and judged. */
    batch[0] = OPEN; claim[0] = 1; claim[1] = 1; segment[0] = 7; at[0] = SUBMIT; carriedBy[0] = 1;
    S.version = 3; S.fence = 1; S.holder = 1; S.owner = 0; S.frozen = 1; S.judged = 1; S.state[0] = RECONCILED;
#if FROM_SUBMIT == 1
    S.content[0] = 3; S.verdict[0] = 3;
#else
    S.state[1] = RECONCILED; S.content[0] = 1; S.content[1] = 2; S.verdict[0] = 1; S.verdict[1] = 2;
#endif
#endif
    run World();
    run Run(1, 0, RUNS_A);
#ifndef ONE_SLOT
    run Run(2, 0, RUNS_A);
#endif
#if RUNS_B > 0
    run Run(3, 1, RUNS_B);
#endif
#if ABANDONS > 0
    run Abandoner(4, 0);
#endif
#ifdef RECOVERY
    run Recovery(0);
#endif
    skip
  }
}
