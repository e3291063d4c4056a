import type { ExchangeLimit } from '../provider/exchange-limit.ts';
import type { Way, WayName } from '../provider/way.ts';
import { isTapped } from '../terms/factor.ts';
import type { FirstLegMethod } from './events.ts';

/** How the user's answer is tied to this flow: the code on the phone is typed here, or compared with one shown here. */
export type PushCodeEntry = 'typed' | 'compared';

/** A way as a flow knows it: JSON. */
export interface WaySettings {
  readonly name: WayName;
  /** The ways to do the first leg, in the order in which they are tried. */
  readonly firstLegs: readonly FirstLegMethod[];
  /** Whether users can add factors by it. */
  readonly enrolls: boolean;
  /** Whether the provider's page may add a factor for a user who goes there. */
  readonly enrollsElsewhere?: boolean;
  /** Whether it tells the user's devices apart. */
  readonly listsDevices: boolean;
  /** Absent where the provider limits exchanges by each challenge's interval alone. */
  readonly exchangeLimit?: ExchangeLimit;
  /** Absent where the phone shows no code. */
  readonly pushCode?: PushCodeEntry;
  /** The provider pings when the user has answered. */
  readonly pings?: boolean;
  /**
   * A tap on an enrolled phone counts for nothing by this way, which shows no code: another way has a code to type, and
   * this would be the way around it.
   */
  readonly refusesTaps?: boolean;
}

/** A provider's way, as settings of a flow. */
export function waySettings(
  { name, can }: Pick<Way, 'name' | 'can'>,
  {
    firstLegs,
    pushCode,
    refusesTaps = false,
  }: {
    readonly firstLegs: readonly FirstLegMethod[];
    readonly pushCode: PushCodeEntry;
    readonly refusesTaps?: boolean;
  },
): WaySettings {
  return {
    name,
    firstLegs: can.firstLeg === 'none' ? ['none'] : firstLegs,
    enrolls: can.enrolls.length > 0,
    listsDevices: can.listsDevices,
    ...(can.enrollsElsewhere === true && { enrollsElsewhere: true }),
    ...(can.exchangeLimit && { exchangeLimit: can.exchangeLimit }),
    // What the provider's own page shows needs no code: the user comes back to this flow by it.
    ...(can.phoneShows !== 'nothing' && can.factors.some(isTapped) && { pushCode }),
    ...(can.pings === true && { pings: true }),
    ...(refusesTaps && { refusesTaps }),
  };
}
