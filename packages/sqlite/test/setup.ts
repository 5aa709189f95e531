import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JointStores, START, type TestClock } from '@phone-auth/conformance'
import { type ProcessOptions, startProcess } from '@phone-auth/conformance/processes'
import type { OtpStore, PhoneAuth, SessionStore, UserStore } from '@phone-auth/core'
import { afterAll } from 'vitest'
import type { Breakage } from './child.ts'

const folder = mkdtempSync(join(tmpdir(), 'phone-auth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** The path of a file that does not exist yet, in a folder that is deleted after the tests. */
export function newFile(): string {
  files += 1
  return join(folder, `${files}.db`)
}

/** What runs in a child process; see `child.ts`. */
export interface Control {
  open(file: string, startMs: number, breakage: Breakage, limits: 'none' | 'default'): Promise<void>
  setTime(ms: number): Promise<void>
  sends(): Promise<number>
  lastMessage(to: string): Promise<{ order: number; text: string }>
}

const SOURCE: ProcessOptions = { execArgv: ['--conditions=@phone-auth/source'] }

/** Starts `count` processes; `fleet` lets them begin anew on one new file and one clock. */
export async function startFleets(count: number) {
  const processes = await Promise.all(
    Array.from({ length: count }, () => startProcess(new URL('./child.ts', import.meta.url), SOURCE)),
  )
  const controls = processes.map((process) => process.remote<Control>('control'))
  const each = <Remote extends object>(name: string) => {
    const [first, ...rest] = processes.map((process) => process.remote<Remote>(name))
    return [first as Remote, ...rest] as const
  }
  return {
    fleet: async (breakage: Breakage = 'none', limits: 'none' | 'default' = 'none') => {
      const file = newFile()
      let now = START.getTime()
      // One after the other: the first one makes the schema.
      for (const control of controls) await control.open(file, now, breakage, limits)
      const clock: TestClock = {
        now: () => new Date(now),
        advance: async (seconds) => {
          now += seconds * 1000
          await Promise.all(controls.map((control) => control.setTime(now)))
        },
      }
      return {
        file,
        clock,
        auths: each<PhoneAuth>('auth'),
        /** How many messages were sent, by all the processes. */
        sends: async () => (await Promise.all(controls.map((control) => control.sends()))).reduce((a, b) => a + b, 0),
        /** The text of the message that any of the processes sent last. */
        lastMessage: async (to: string) => {
          const messages = await Promise.all(controls.map((control) => control.lastMessage(to)))
          return messages.reduce((latest, message) => (message.order > latest.order ? message : latest)).text
        },
      }
    },
    stores: (): readonly [JointStores, ...JointStores[]] => {
      const ports = processes.map((process) => ({
        otpStore: process.remote<OtpStore>('otpStore'),
        userStore: process.remote<UserStore>('userStore'),
        sessionStore: process.remote<SessionStore>('sessionStore'),
        jointSignIn: process.remote<JointStores['jointSignIn']>('jointSignIn'),
      }))
      return ports as unknown as readonly [JointStores, ...JointStores[]]
    },
    stop: () => Promise.all(processes.map((process) => process.kill())),
  }
}
