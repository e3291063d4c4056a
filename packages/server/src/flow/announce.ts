import type { Audit } from '../events/audit.ts';
import { tellPassage } from '../events/signals.ts';
import type { Change } from '../records/records.ts';
import type { Step } from './steps.ts';
import type { FlowTarget } from './target.ts';

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
