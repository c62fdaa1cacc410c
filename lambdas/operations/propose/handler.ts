import { functionUrl } from "../../adapters/function-url.ts";
import { stepPorts } from "../../adapters/ports.ts";
import { propose } from "./propose.ts";
import { requestToPropose } from "./request.ts";

export const handler = functionUrl({
  name: "Propose",
  role: "PROPOSER_ROLE_ARN",
  body: requestToPropose,
  ports: stepPorts,
  step: propose,
});
