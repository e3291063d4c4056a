import { describeKilledWriters } from 'suites/stores/describe-killed-writers.ts';
import { describeManyProcesses } from 'suites/stores/describe-many-processes.ts';
import { describeSuddenDeath } from 'suites/stores/describe-sudden-death.ts';
import { describeTenantBudget } from 'suites/stores/describe-tenant-budget.ts';
import { describe } from 'vitest';
import { newPlace } from './support/new-path.ts';

describeManyProcesses(describe, newPlace);
describeTenantBudget(describe, newPlace);
describeSuddenDeath(describe, newPlace, ['a push']);
describeKilledWriters(describe, newPlace);
