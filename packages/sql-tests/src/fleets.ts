import { createHash } from 'node:crypto'
import { type JointStores, START, type TestClock } from '@phone-auth/conformance'
import { type ProcessOptions, startProcess } from '@phone-auth/conformance/processes'
import type { PhoneAuth } from '@phone-auth/core'
import type { OtpStore, SessionStore, UserStore } from '@phone-auth/core/adapters'
import type { Breakage, OpenOptions } from './serving.ts'

/** How a test controls a child process; see `serving.ts`. */
export interface Control {
  open(target: string, options: OpenOptions): Promise<void>
  setTime(ms: number): Promise<void>
  sends(): Promise<number>
  messageOf(reference: string): Promise<string | null>
}

/** The options of a process that runs the sources. */
export const SOURCE: ProcessOptions = { execArgv: ['--conditions=@phone-auth/source'] }

/** A database under test. */
export interface Subject {
  /** The name of the database system. */
  readonly name: string
  /** The module that a child process runs. It calls `serveStores`. */
  readonly child: URL
  /** Returns the name of a database that was not used before. */
  newTarget(): string
}

export type Fleets = Awaited<ReturnType<typeof startFleets>>

/** Starts `count` processes. `fleet` resets them, on a new database and one clock. */
export async function startFleets({ child, newTarget }: Subject, count: number) {
  const processes = await Promise.all(Array.from({ length: count }, () => startProcess(child, SOURCE)))
  const controls = processes.map((process) => process.remote<Control>('control'))
  const each = <Remote extends object>(name: string) => {
    const [first, ...rest] = processes.map((process) => process.remote<Remote>(name))
    return [first as Remote, ...rest] as const
  }
  const ports = processes.map((process) => ({
    otpStore: process.remote<OtpStore>('otpStore'),
    userStore: process.remote<UserStore>('userStore'),
    sessionStore: process.remote<SessionStore>('sessionStore'),
    jointSteps: process.remote<JointStores['jointSteps']>('jointSteps'),
  }))
  const stores = ports as unknown as readonly [JointStores, ...JointStores[]]
  return {
    fleet: async (breakage: Breakage = 'none', limits: 'none' | 'default' = 'none') => {
      const target = newTarget()
      let now = START.getTime()
      for (const control of controls) {
        await control.open(target, { startMs: now, breakage, limits })
      }
      const clock: TestClock = {
        now: () => new Date(now),
        advance: async (seconds) => {
          now += seconds * 1000
          await Promise.all(controls.map((control) => control.setTime(now)))
        },
      }
      return {
        target,
        clock,
        stores,
        auths: each<PhoneAuth>('auth'),
        /** The number of messages that all processes sent. */
        sends: async () => (await Promise.all(controls.map((control) => control.sends()))).reduce((a, b) => a + b, 0),
        /** The text of the first message of a challenge, from any process. */
        messageOf: async (challengeId: string) => {
          const reference = `${createHash('sha256').update(challengeId).digest('base64url')}.1`
          const texts = await Promise.all(controls.map((control) => control.messageOf(reference)))
          return texts.find((text) => text !== null) ?? ''
        },
      }
    },
    stop: () => Promise.all(processes.map((process) => process.kill())),
  }
}
