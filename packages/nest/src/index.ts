export * from '@stepgate/server';
export type { NestRequest } from './nest-request.ts';
export { CurrentStepUp, StepUp } from './step-up.ts';
export { StepUpFilter } from './step-up-filter.ts';
export { type NestGateOptions, STEP_UP_OPTIONS, StepUpGate } from './step-up-gate.ts';
export { type AsyncNestGateOptions, StepUpModule } from './step-up-module.ts';
