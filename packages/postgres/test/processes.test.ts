import { describeKilledWriters } from 'suites/stores/describe-killed-writers.ts';
import { describeManyProcesses } from 'suites/stores/describe-many-processes.ts';
import { describeSuddenDeath } from 'suites/stores/describe-sudden-death.ts';
import { describeTenantBudget } from 'suites/stores/describe-tenant-budget.ts';
import { describeWithPostgres, postgresPlace } from './support/describe-with-postgres.ts';

describeManyProcesses(describeWithPostgres, postgresPlace);
describeSuddenDeath(describeWithPostgres, postgresPlace, ['a push']);
describeKilledWriters(describeWithPostgres, postgresPlace);
describeTenantBudget(describeWithPostgres, postgresPlace);
