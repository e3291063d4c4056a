import type { Audit } from '../events/audit.ts';
import { publishTransition } from '../events/signals.ts';
import type { Change } from '../records/records.ts';
import type { FlowTarget } from './parts.ts';
import type { Step } from './steps.ts';

/** Publishes what happened in a step, once the step is written. */
export function telling(
  audit: Audit,
  target: FlowTarget,
  { events, transition }: Step,
): Pick<Change<never>, 'afterwards'> {
  return {
    afterwards() {
      if (transition) publishTransition(transition);
      for (const body of events) audit.publish(target, body);
    },
  };
}
