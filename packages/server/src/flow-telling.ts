import type { Audit } from './audit.ts';
import type { Step } from './flow-steps.ts';
import type { FlowTarget } from './flow-target.ts';
import type { Change } from './record.ts';
import { tellPassage } from './signals.ts';

/** What is told of a step, once it is written. */
export function telling<Native>(
  audit: Audit<Native>,
  target: FlowTarget<Native>,
  { occurrences, passage }: Step,
): Pick<Change<never>, 'afterwards'> {
  return {
    afterwards() {
      if (passage) tellPassage(passage);
      for (const occurrence of occurrences) audit.tell(target, occurrence);
    },
  };
}
