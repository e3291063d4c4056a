import type { GateOptions, NativeGate } from '@stepgate/server';
import type { NestRequest } from './nest-request.ts';

/** Options of `StepUpModule`: those of the server package, with the platform's request. */
export type NestGateOptions = GateOptions<NestRequest>;

/** The token of the options: in tests, `overrideProvider(STEP_UP_OPTIONS).useValue(options)`. */
export const STEP_UP_OPTIONS = Symbol('stepgate.options');

/** The token of the gate on which the decorators stand. */
export const NODE_GATE = Symbol('stepgate.gate');

/**
 * The gate, to be injected into services, resolvers and controllers.
 *
 * @example
 * constructor(private readonly gate: StepUpGate) {}
 * // ...
 * await this.gate.assert(request, { maxAge: 0 });
 */
export abstract class StepUpGate implements NativeGate<NestRequest> {
  abstract readonly check: NativeGate<NestRequest>['check'];
  abstract readonly assert: NativeGate<NestRequest>['assert'];
  abstract readonly flow: NativeGate<NestRequest>['flow'];
  abstract readonly link: NativeGate<NestRequest>['link'];
  abstract readonly status: NativeGate<NestRequest>['status'];
  abstract readonly revoke: NativeGate<NestRequest>['revoke'];
  abstract readonly revokeSubject: NativeGate<NestRequest>['revokeSubject'];
  abstract readonly close: NativeGate<NestRequest>['close'];
}
