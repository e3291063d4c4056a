import type { Endpoints } from '../endpoints/router.ts';
import { createWatchers } from '../limits/watchers.ts';
import { createLinks } from '../policy/links.ts';
import { withoutRefusedTaps } from '../policy/ways.ts';
import { namespaceOf } from '../provider/namespace.ts';
import { createDecisions, type Decisions } from './decisions.ts';
import { createDirectFlows, type DirectFlows } from './direct-flow.ts';
import { createFoundation } from './foundation.ts';
import type { GateOptions } from './gate-options.ts';
import { createMountCheck } from './mount-check.ts';
import { type GateSettings, parseGateOptions } from './parse-options.ts';
import { connectProvider, openState, readCallers, runFlows, serveEndpoints, setUpGuards } from './parts.ts';
import { createReporting } from './reporting.ts';
import { createStatusAndRevocation, type StatusAndRevocation } from './status-and-revocation.ts';

/** The framework-agnostic gate, on which adapters stand. */
export interface Gate<Native> extends Decisions<Native>, DirectFlows<Native>, StatusAndRevocation<Native> {
  readonly basePath: string;
  /** Answers requests under the base path. `web` makes the web-standard request, when its body is needed. */
  readonly endpoints: Endpoints<Native>;
  /**
   * For adapters that register the endpoints as routes, to say so: the gate then does not wait for a request to learn
   * that it is mounted.
   */
  mounted(): void;
  /**
   * For adapters, to say that a guard stands on a prefix of paths, where the framework decides what belongs to it. The gate
   * reports that once.
   */
  guardsPrefix(prefix: string): void;
  /**
   * For a graceful stop: ends long-polls and event streams at once, each with a hint to reconnect, and begins no work
   * that another process can do. Resolves when no work is left here.
   */
  close(): Promise<void>;
}

/**
 * Makes a gate.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createGate<Native>(options: GateOptions<Native>): Gate<Native> {
  // A gate hands its hooks only the requests that its own adapter has passed in, so nothing inside needs their type.
  return buildGate(parseGateOptions(options as GateOptions<unknown>));
}

function buildGate(settings: GateSettings): Gate<unknown> {
  const foundation = createFoundation(settings);
  const connection = connectProvider(settings, foundation);
  const state = openState(settings, foundation);
  const callers = readCallers(settings, foundation);
  const links = createLinks(state.sealer, namespaceOf(settings.provider));
  const flows = runFlows(settings, foundation, connection, state, links);
  const guarding = setUpGuards(settings, foundation, state, callers);
  const watchers = createWatchers(foundation.capacity);
  const endpoints = serveEndpoints(settings, foundation, {
    connection,
    state,
    callers,
    flows,
    guarding,
    links,
    watchers,
  });

  const { basePath, runtime } = foundation;
  const mounting = createMountCheck({ basePath, isAlone: settings.store === undefined, runtime });
  const reporting = createReporting(runtime.onError);

  return {
    basePath,
    ...createDecisions({
      guards: guarding.guards,
      keptForms: state.keptForms,
      takesClaims: settings.evidence !== undefined,
      ways: withoutRefusedTaps(connection.ways, settings.pushCode ?? 'typed'),
      factors: settings.factors,
      isForApp: settings.mode === 'throw',
      mounting,
      reporting,
    }),
    ...createStatusAndRevocation({ state, callers, ...flows, runtime, reporting }),
    ...createDirectFlows({
      basePath,
      driver: flows.driver,
      callers,
      requirements: guarding.requirements,
      links,
      watchers,
      runtime,
      reporting,
    }),
    endpoints: mounting.watch(endpoints),
    mounted: () => mounting.mounted(),
    guardsPrefix: (prefix) => mounting.guardsPrefix(prefix),
    close() {
      foundation.close();
      return flows.driver.idle();
    },
  };
}
