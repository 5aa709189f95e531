/**
 * The promises of every Phone Auth store, as clauses that you can run in any test runner on any
 * adapter.
 *
 * @module @phone-auth/conformance
 */

export { type Clause, type Contract, concurrently, type Fleet, manualClock, START, type TestClock } from './clause.ts'
export { type JointStores, jointStepsContract } from './joint-steps.ts'
export { otpStoreContract } from './otp-store.ts'
export {
  countAfterCompare,
  deleteThenRecreate,
  fixedWindows,
  neverMarks,
  neverVoids,
  readThenChange,
  readThenCharge,
  readThenInsert,
  readThenRotate,
  readThenWrite,
  rollBackClaim,
} from './racy-stores.ts'
export { type SessionFleet, sessionStoreContract } from './session-store.ts'
export { userStoreContract } from './user-store.ts'
