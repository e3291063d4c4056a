import { describeKilledWriters } from 'suites/stores/describe-killed-writers.ts';
import { describeManyProcesses } from 'suites/stores/describe-many-processes.ts';
import { describeTenantBudget } from 'suites/stores/describe-tenant-budget.ts';
import { describeWithRedis, redisPlace } from './support/describe-with-redis.ts';

describeManyProcesses(describeWithRedis, () => redisPlace);
describeTenantBudget(describeWithRedis, () => redisPlace);
describeKilledWriters(describeWithRedis, () => redisPlace);
