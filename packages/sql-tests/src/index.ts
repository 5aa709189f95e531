/**
 * What the tests of the SQL databases share. The contracts and the races are separate entry points,
 * because they run in the test runner only. This one also runs in the processes that tests start.
 *
 * @module
 */

export { authOn, collecting, numberOf, OTHER_PHONE, outcomeOf, PHONE, tally } from './auth.ts'
export { type Control, SOURCE, type Subject, startFleets } from './fleets.ts'
export { noLimits, SECRET } from './options.ts'
export { type OpenStores, serveStores } from './serving.ts'
