import { composeJointSteps, type OtpStore, type UserStore } from '@phone-auth/core/adapters'
import { memoryStores } from '@phone-auth/core/memory'
import { describe, expect, it } from 'vitest'
import {
  type Clause,
  type Fleet,
  type JointStores,
  jointStepsContract,
  manualClock,
  otpStoreContract,
  type SessionFleet,
  sessionStoreContract,
  type TestClock,
  userStoreContract,
} from '../src/index.ts'
import { otpStoreSaboteurs, type Sabotage } from './otp-store-saboteurs.ts'
import { jointStepsSaboteurs, sessionStoreSaboteurs, userStoreSaboteurs } from './saboteurs.ts'

/** Checks that the memory store passes each clause, and that the saboteur of the clause fails. */
function proves<Port, Subject>(
  contract: readonly Clause<Subject>[],
  saboteurs: Readonly<Record<string, Sabotage<Port>>>,
  pick: (stores: JointStores) => Port,
  subjectOf: (port: Port, clock: TestClock) => Subject,
): void {
  for (const clause of contract) {
    const world = (sabotage: Sabotage<Port>) => {
      const clock = manualClock()
      const stores = memoryStores({ now: clock.now })
      const port = pick({ ...stores, jointSteps: composeJointSteps(stores) })
      return subjectOf(sabotage(port, clock), clock)
    }
    it(clause.name, () => clause.check(world((port) => port)))
    it(`TEST-1 rejects a store that breaks it: ${clause.name}`, async () => {
      const sabotage = saboteurs[clause.name]
      if (sabotage === undefined) throw new Error('The clause has no saboteur, so it is not proven that it can fail.')
      await expect(clause.check(world(sabotage))).rejects.toMatchObject({ code: 'ERR_ASSERTION' })
    })
  }
  it('has no saboteur without a clause', () => {
    expect(Object.keys(saboteurs).toSorted()).toEqual(contract.map(({ name }) => name).toSorted())
  })
}

describe('the contract of OtpStore', () => {
  proves(
    otpStoreContract,
    otpStoreSaboteurs,
    (stores) => stores.otpStore,
    (port, clock): Fleet<OtpStore> => ({ ports: [port], clock }),
  )
})

describe('the contract of UserStore', () => {
  proves(
    userStoreContract,
    userStoreSaboteurs,
    (stores) => stores.userStore,
    (port, clock): Fleet<UserStore> => ({ ports: [port], clock }),
  )
})

describe('the contract of SessionStore', () => {
  proves(
    sessionStoreContract,
    sessionStoreSaboteurs,
    (stores) => stores.sessionStore,
    (port, clock): SessionFleet => ({ ports: [port], clock, userIds: [1, 2] }),
  )
})

describe('the contract of JointSteps, composed by core', () => {
  proves(
    jointStepsContract,
    jointStepsSaboteurs,
    (stores) => stores,
    (port, clock): Fleet<JointStores> => ({ ports: [port], clock }),
  )
})
