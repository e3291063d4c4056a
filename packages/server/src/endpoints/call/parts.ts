import type { Runtime } from '../../events/runtime.ts';
import type { FlowDriver } from '../../flow/driver.ts';
import type { Links } from '../../policy/links.ts';
import type { Requirements } from '../../policy/requirement.ts';
import type { State } from '../../records/state.ts';
import type { Callers } from '../../request/callers.ts';
import type { Owners } from './owner.ts';
import type { TextsOf } from './page-texts.ts';

/** What all endpoints work with. Each takes the whole and picks what it needs. */
export interface EndpointParts {
  readonly basePath: string;
  readonly driver: FlowDriver;
  readonly state: State;
  readonly callers: Callers;
  readonly owners: Owners;
  readonly requirements: Requirements;
  readonly links: Links;
  readonly textsOf: TextsOf;
  readonly runtime: Runtime;
}
