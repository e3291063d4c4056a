export { type OwnTenant, startTenant } from './own-tenant.ts';
export type { TestMessage, TestPhone, TestPush, WaitOptions } from './test-phone.ts';
export {
  connectTenant,
  type TestFault,
  type TestRequest,
  type TestTenant,
  type TestUser,
  type TestUserOptions,
} from './test-tenant.ts';
