import { describeSuddenDeath } from 'suites/stores/describe-sudden-death.ts';
import { describeWithRedis, redisPlace } from './support/describe-with-redis.ts';

describeSuddenDeath(describeWithRedis, () => redisPlace);
