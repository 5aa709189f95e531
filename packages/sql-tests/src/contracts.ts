import {
  type JointStores,
  jointStepsContract,
  otpStoreContract,
  sessionStoreContract,
  userStoreContract,
} from '@phone-auth/conformance'
import type { PhoneNumber } from '@phone-auth/core'
import { beforeAll, describe, it } from 'vitest'
import { OTHER_PHONE, PHONE } from './auth.ts'
import { type Fleets, type Subject, startFleets } from './fleets.ts'
import { sameAsInMemory } from './same-as-memory.ts'

function pick<Port>(ports: readonly [JointStores, ...JointStores[]], port: (stores: JointStores) => Port) {
  const [first, ...rest] = ports
  return [port(first), ...rest.map(port)] as const
}

/** Tests every clause of the ports on a database. Each test runs over two processes. */
export function testContracts(subject: Subject): void {
  let fleets: Fleets
  beforeAll(async () => {
    fleets = await startFleets(subject, 2)
    return async () => fleets.stop()
  })

  const freshStores = async () => {
    const { clock, stores } = await fleets.fleet()
    return { ports: stores, clock }
  }

  describe(`OtpStore on ${subject.name}, over two processes`, () => {
    for (const clause of otpStoreContract) {
      it(clause.name, async () => {
        const { ports, clock } = await freshStores()
        await clause.check({ ports: pick(ports, (stores) => stores.otpStore), clock })
      })
    }

    it('LIM-1 LIM-4 LIM-6 gives the same results as the store in memory, for 600 random calls', async () => {
      await sameAsInMemory(await fleets.fleet(), 600)
    })
  })

  describe(`UserStore on ${subject.name}, over two processes`, () => {
    for (const clause of userStoreContract) {
      it(clause.name, async () => {
        const { ports, clock } = await freshStores()
        await clause.check({ ports: pick(ports, (stores) => stores.userStore), clock })
      })
    }
  })

  describe(`SessionStore on ${subject.name}, over two processes`, () => {
    for (const clause of sessionStoreContract) {
      it(clause.name, async () => {
        const { ports, clock } = await freshStores()
        const idOf = async (number: string) =>
          (await ports[0].userStore.signIn(number as PhoneNumber, 'open'))?.user.id ?? 0
        const userIds = [await idOf(PHONE), await idOf(OTHER_PHONE)] as const
        await clause.check({ ports: pick(ports, (stores) => stores.sessionStore), clock, userIds })
      })
    }
  })

  describe(`JointSteps on ${subject.name}, over two processes`, () => {
    for (const clause of jointStepsContract) {
      it(clause.name, async () => clause.check(await freshStores()))
    }
  })
}
