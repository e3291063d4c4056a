export { createFaultReport, type FaultReport, type StoreWork } from './store/fault-report.ts';
export { createListeners, type Listeners } from './store/listeners.ts';
export {
  createServerClock,
  type MachineClocks,
  type Moment,
  type ServerClock,
} from './store/server-clock.ts';
