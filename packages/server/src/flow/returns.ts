import {
  belongsTo,
  type Display,
  isFault,
  isReasonCode,
  isStepUpError,
  type ReasonCode,
  type Return,
} from '@stepgate/core';
import { createErrorThrottle } from '../events/error-throttle.ts';
import { digest } from '../lib/seal.ts';
import type { Requirement } from '../policy/requirement.ts';
import type { FlowRecord } from '../records/handle-record.ts';
import { unknownReturn } from './errors.ts';
import { type FlowParts, type FlowTarget, telling } from './parts.ts';
import { ownedBy } from './rules.ts';
import type { FlowRunner } from './runner.ts';
import type { Job } from './steps.ts';

/** Where a browser that is back from the provider's page goes. */
export interface Landing {
  /** Where the user saw the provider's page. */
  readonly display: Display;
  /** What the flow is for. */
  readonly requirement: Requirement;
}

/** Takes returns from the provider's page. */
export interface FlowReturns {
  /**
   * Takes a return, once: its code is exchanged at once, and kept nowhere. A second one changes nothing.
   *
   * @throws StepUpError `return_unknown` (400) for a return that does not belong to the flow's departure. The flow does
   *   not change.
   */
  take(target: FlowTarget, returned: Return): Promise<Landing>;
}

/** What a return has done to the flow. */
interface Taken {
  readonly flow: FlowRecord | undefined;
  readonly job?: Job | undefined;
}

/** What the return says: the code, or why there is none. */
type Answer = { readonly code: string } | { readonly refused: ReasonCode };

/** Creates what takes returns. */
export function createFlowReturns(parts: FlowParts, runner: Pick<FlowRunner, 'run'>): FlowReturns {
  const { steps } = parts;
  const { ways } = parts.connection;
  const { records } = parts.state;
  const { audit, clock, onError } = parts.runtime;
  const tellFault = createErrorThrottle({ now: () => clock.now(), onError });

  /** Whether the flow waits for this very return. A link or a history entry of another one must not end the flow. */
  function awaits(key: string, flow: FlowRecord | undefined, returned: Return): flow is FlowRecord {
    const departure = flow && steps.departure(key, flow);
    return departure !== undefined && belongsTo(returned, departure);
  }

  async function answerOf(returned: Return): Promise<Answer> {
    const way = ways.find(({ can }) => can.needsBrowser);
    if (way?.codeOf === undefined) throw new TypeError('the provider has no way that takes this return');
    try {
      return { code: await way.codeOf(returned) };
    } catch (error) {
      if (!isStepUpError(error) || !isReasonCode(error.code)) throw error;
      // The provider cannot go on, though nobody has asked it to be silent.
      if (isFault(error.code) || error.code === 'factor_unavailable') tellFault(error);
      return { refused: error.code };
    }
  }

  function take(target: FlowTarget, returned: Return, answer: Answer): Promise<Taken> {
    const { key } = target;
    return records.update<Taken>(key, (stored) => {
      const record = ownedBy(target, stored);
      const flow = record?.flow;
      if (record === undefined || !awaits(key, flow, returned)) return { result: { flow } };
      const { seq } = flow.state.context;
      const step = steps.apply(
        key,
        record,
        'code' in answer
          ? { type: 'redirect.returned', seq }
          : { type: 'redirect.refused', code: answer.refused, seq },
      );
      if (step.record.flow === undefined || !step.accepted) return { result: { flow } };
      const after = { ...step.record.flow, lastReturn: digest(returned.state ?? '') };
      return {
        record: { ...step.record, flow: after },
        result: { flow: after, job: step.job },
        ...telling(audit, target, step),
      };
    });
  }

  function landingOf(flow: FlowRecord | undefined, { state }: Return): Landing {
    if (flow === undefined || state === undefined || flow.lastReturn !== digest(state)) throw unknownReturn();
    return { display: flow.state.context.display ?? 'page', requirement: flow.requirement };
  }

  return {
    async take(target, returned) {
      const { key } = target;
      const before = ownedBy(target, (await records.read(key)).record)?.flow;
      if (!awaits(key, before, returned)) return landingOf(before, returned);
      const answer = await answerOf(returned);
      const { flow, job } = await take(target, returned, answer);
      const landing = landingOf(flow, returned);
      await runner.run(target, job, 'code' in answer ? { returnedCode: answer.code } : {});
      return landing;
    },
  };
}
