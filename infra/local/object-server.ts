import S3rver from "@20minutes/s3rver";
import { bridge } from "./s3-bridge.ts";

/**
 * Serves S3 on a free port of the loopback address, with these buckets as folders of that directory.
 * @param tap sees the server before it runs, as a test does that watches what is stored
 */
export async function serveObjects(
  directory: string,
  buckets: readonly string[],
  tap: (server: S3rver) => void = () => {},
) {
  const server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    directory,
    silent: true,
    // s3rver computes some signatures of the SDK differently.
    allowMismatchedSignatures: true,
    vhostBuckets: false,
    configureBuckets: buckets.map((name) => ({ name })),
  });
  bridge(server);
  tap(server);
  const { port } = await server.run();
  server.httpServer.keepAliveTimeout = 0; // As for the tables: see table-server.ts.
  return {
    port,
    close: async () => {
      const closed = server.close();
      server.httpServer.closeAllConnections();
      await closed;
    },
  };
}
