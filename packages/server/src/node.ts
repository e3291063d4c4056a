export { createNodeGate, type GuardResult, type NodeGate, type NodeHost } from './hosts/node-gate.ts';
export {
  type GateResponse,
  headersOf,
  isOpen,
  isRepeatable,
  keepOutOfCaches,
  mergedHeaders,
  NOT_KEPT,
  sendResponse,
  toNodeStream,
  writeHeaders,
} from './hosts/node-response.ts';
export { assertGuard } from './policy/assert-guard.ts';
export { isUnder } from './request/host-request.ts';
