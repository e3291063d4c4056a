import { stepgate } from './bank/stepgate.ts';

process.once('SIGTERM', () => void stepgate.close());
