// What a screen needs of the core at run time: small, and without XState and ky.
export { type Clock, systemClock } from './lib/clock.ts';
export { createActorLogic, type StepUpLogic, type StepUpLogicSnapshot } from './runner/actor-logic.ts';
export {
  ADDRESSED_FACTORS,
  addressMember,
  FACTOR_TRAITS,
  isAddressed,
  isEnrollable,
  isHosted,
  sendsMessage,
  takesCode,
} from './terms/factor.ts';
