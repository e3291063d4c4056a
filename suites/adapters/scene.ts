import type { TestTenant } from '../test-tenant.ts';
import type { AdapterHost, Bank, BankOptions } from './bank.ts';

/** What every part of the suite works with. */
export interface Scene {
  readonly host: AdapterHost;
  readonly tenant: TestTenant;
  /** Whether the tests also run that no host can change. */
  readonly everything: boolean;
  /** A bank on the host; closed after the test. */
  open(bank?: BankOptions): Promise<Bank>;
}
