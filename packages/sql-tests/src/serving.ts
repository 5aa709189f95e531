import {
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
} from '@phone-auth/conformance'
import { serve } from '@phone-auth/conformance/processes'
import { PhoneAuth } from '@phone-auth/core'
import type { JointSteps, SmsMessage, Stores } from '@phone-auth/core/adapters'
import { memoryStores } from '@phone-auth/core/memory'
import type { KyselyStores, KyselyStoresOptions } from '@phone-auth/kysely'
import { collecting } from './auth.ts'
import { noLimits, SECRET } from './options.ts'

// Runs in a separate process: stores and a `PhoneAuth` on one database. `open` starts again on
// another database and clock.

/** How a database is opened. */
export interface OpenOptions {
  readonly startMs: number
  readonly breakage: Breakage
  readonly limits: 'none' | 'default'
}

/** How the stores of this process are broken, if at all. */
export type Breakage =
  | 'none'
  | 'process-local'
  | 'read-then-write'
  | 'count-after-compare'
  | 'roll-back-claim'
  | 'read-then-charge'
  | 'fixed-windows'
  | 'delete-then-recreate'
  | 'read-then-insert'
  | 'read-then-change'
  | 'read-then-rotate'
  | 'never-marks'
  | 'never-voids'

/** Stores, with the joint steps if they share a database. */
type Opened = Stores & { readonly jointSteps?: JointSteps; readonly close?: () => Promise<void> }

/** Opens stores on the database that `target` names. */
export type OpenStores = (
  target: string,
  options: KyselyStoresOptions,
) => Opened & Pick<KyselyStores, 'migrate'> & { close(): Promise<void> }

let now = 0
let stores: Opened | undefined
let auth: PhoneAuth | undefined
let messages: SmsMessage[] = []

function openStores(openSound: OpenStores, target: string, breakage: Breakage): Opened {
  const clock = { now: () => new Date(now) }
  if (breakage === 'process-local') return memoryStores(clock)
  // Hundreds of callers on a slow disk may wait long. The tests check the outcome, not the time.
  const sound = openSound(target, { ...clock, waitSeconds: 30 })
  if (breakage === 'none') return sound
  const breakers = {
    'read-then-write': readThenWrite,
    'count-after-compare': countAfterCompare,
    'roll-back-claim': rollBackClaim,
    'read-then-charge': readThenCharge,
    'delete-then-recreate': deleteThenRecreate,
  } as const
  const sessionBreakers = {
    'read-then-rotate': readThenRotate,
    'never-marks': neverMarks,
    'never-voids': neverVoids,
  } as const
  const { userStore, sessionStore, close } = sound
  if (breakage === 'read-then-insert') {
    return { otpStore: sound.otpStore, userStore: readThenInsert(userStore), sessionStore, close }
  }
  if (breakage === 'read-then-change') {
    return { otpStore: sound.otpStore, userStore: readThenChange(userStore), sessionStore, close }
  }
  if (breakage in sessionBreakers) {
    const broken = sessionBreakers[breakage as keyof typeof sessionBreakers](sessionStore)
    return { otpStore: sound.otpStore, userStore, sessionStore: broken, close }
  }
  if (breakage === 'fixed-windows') {
    return { otpStore: fixedWindows(sound.otpStore, clock), userStore, sessionStore, close }
  }
  return { otpStore: breakers[breakage as keyof typeof breakers](sound.otpStore), userStore, sessionStore, close }
}

/** Forwards each call to the object that `target` returns at that time. */
function current(target: () => object | undefined): object {
  const call = (method: PropertyKey, input: unknown[]) => Reflect.get(target() ?? {}, method).apply(target(), input)
  return new Proxy(
    {},
    {
      get:
        (_, method) =>
        (...input: unknown[]) =>
          call(method, input),
    },
  )
}

/** Offers stores and a `PhoneAuth` on them to the process that started this one. */
export function serveStores(openSound: OpenStores): void {
  serve({
    control: {
      open: async (target: string, { startMs, breakage, limits }: OpenOptions) => {
        await stores?.close?.()
        now = startMs
        messages = []
        stores = openStores(openSound, target, breakage)
        auth = new PhoneAuth({
          ...stores,
          smsSender: collecting(messages),
          secret: SECRET,
          allowedRegions: ['US'],
          now: () => new Date(now),
          ...(limits === 'none' && { limits: noLimits }),
        })
      },
      setTime: (ms: number) => {
        now = ms
      },
      sends: () => messages.length,
      messageOf: (reference: string) => messages.find((message) => message.reference === reference)?.text ?? null,
    },
    otpStore: current(() => stores?.otpStore),
    userStore: current(() => stores?.userStore),
    sessionStore: current(() => stores?.sessionStore),
    jointSteps: current(() => stores?.jointSteps),
    auth: current(() => auth),
  })
}
