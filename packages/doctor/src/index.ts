export { examine, type Report } from './examine.ts';
export { CHECKS, type CheckName, type Finding, type Verdict } from './finding.ts';
export type { DoctorApp, DoctorAuth0, DoctorOptions, TestUser } from './options.ts';
