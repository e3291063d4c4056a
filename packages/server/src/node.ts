export { createNodeGate, type NodeGate, type NodeHost, type RequireArguments } from './hosts/node-gate.ts';
export {
  type GateResponse,
  headersOf,
  isOpen,
  isRepeatable,
  sendResponse,
  toNodeStream,
  writeHeaders,
} from './hosts/node-response.ts';
