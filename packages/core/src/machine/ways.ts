import { currentWay, type FlowContext } from './context.ts';
import type { FirstLegMethod } from './events.ts';

/** The number of the next way in order, if the flow can take it without asking the user for anything. */
export function silentWay({ settings: { ways }, way }: FlowContext): number | undefined {
  const next = ways[way + 1];
  return next === undefined || next.firstLegs[0] === 'password' ? undefined : way + 1;
}

/** The number of the way that the user can ask for instead. From the last one it goes back to the first. */
export function otherWay({ settings: { ways, adds }, way }: FlowContext): number | undefined {
  return ways.length > 1 && adds === undefined ? (way + 1) % ways.length : undefined;
}

/** The memory of a flow that begins again on another way. */
export function onWay(context: FlowContext, way: number): Partial<FlowContext> {
  return {
    way,
    leg: firstLegOf({ ...context, way }),
    mfaTokenExpiresAt: 0,
    passwordEntered: false,
    renewedSilently: false,
    isChained: false,
    requirements: undefined,
    authenticators: [],
    isListed: false,
    enrollmentClosed: false,
    target: undefined,
    resumesTarget: false,
    shown: undefined,
    failures: 0,
  };
}

/** The first leg that the way begins with. */
export function firstLegOf(context: FlowContext): FirstLegMethod {
  return currentWay(context).firstLegs[0] ?? 'custom';
}
