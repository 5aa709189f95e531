import {
  type JointStores,
  jointSignInContract,
  otpStoreContract,
  sessionStoreContract,
  type TestClock,
  userStoreContract,
} from '@phone-auth/conformance'
import type { PhoneNumber } from '@phone-auth/core'
import { beforeAll, describe, it } from 'vitest'
import { startFleets } from './setup.ts'

// One file, two processes: every clause runs over both.

let fleets: Awaited<ReturnType<typeof startFleets>>
beforeAll(async () => {
  fleets = await startFleets(2)
  return async () => fleets.stop()
})

async function freshStores(): Promise<{ ports: readonly [JointStores, ...JointStores[]]; clock: TestClock }> {
  const { clock } = await fleets.fleet()
  return { ports: fleets.stores(), clock }
}

function pick<Port>(ports: readonly [JointStores, ...JointStores[]], port: (stores: JointStores) => Port) {
  const [first, ...rest] = ports
  return [port(first), ...rest.map(port)] as const
}

describe('OtpStore on SQLite, over two processes', () => {
  for (const clause of otpStoreContract) {
    it(clause.name, async () => {
      const { ports, clock } = await freshStores()
      await clause.check({ ports: pick(ports, (stores) => stores.otpStore), clock })
    })
  }
})

describe('UserStore on SQLite, over two processes', () => {
  for (const clause of userStoreContract) {
    it(clause.name, async () => {
      const { ports, clock } = await freshStores()
      await clause.check({ ports: pick(ports, (stores) => stores.userStore), clock })
    })
  }
})

describe('SessionStore on SQLite, over two processes', () => {
  for (const clause of sessionStoreContract) {
    it(clause.name, async () => {
      const { ports, clock } = await freshStores()
      const idOf = async (number: string) =>
        (await ports[0].userStore.signIn(number as PhoneNumber, 'open'))?.user.id ?? 0
      const userIds = [await idOf('+14155550101'), await idOf('+14155550102')] as const
      await clause.check({ ports: pick(ports, (stores) => stores.sessionStore), clock, userIds })
    })
  }
})

describe('JointSignIn on SQLite, over two processes', () => {
  for (const clause of jointSignInContract) {
    it(clause.name, async () => clause.check(await freshStores()))
  }
})
