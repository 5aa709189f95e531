import { serve } from '@phone-auth/conformance/processes'
import { PhoneAuth } from '@phone-auth/core'
import { noLimits, SECRET } from '@phone-auth/sql-tests'
import { Pool } from 'pg'
import { postgresStores } from '../src/index.ts'
import type { Target } from './subject.ts'

// A process that kills itself at a given step, without cleaning up. Its clock may be wrong.

let stepsLeft = Number.POSITIVE_INFINITY

function step(): void {
  stepsLeft -= 1
  if (stepsLeft <= 0) process.kill(process.pid, 'SIGKILL')
}

const { connectionString, schema, skewMs } = JSON.parse(process.argv[2] ?? '') as Target & { skewMs: number }

const { Date: TrueDate } = globalThis
globalThis.Date = class extends TrueDate {
  constructor(...input: [] | [number | string | Date]) {
    if (input.length === 0) super(TrueDate.now() + skewMs)
    else super(...input)
  }

  static override now(): number {
    return TrueDate.now() + skewMs
  }
} as DateConstructor

const pool = new Pool({ connectionString, max: 5, application_name: schema })
const connect = pool.connect.bind(pool) as () => ReturnType<Pool['connect']>
pool.connect = (async () => {
  step()
  const client = await connect()
  step()
  return client
}) as unknown as Pool['connect']
pool.on('connect', (client) => {
  const query = client.query.bind(client) as (config: unknown) => Promise<unknown>
  client.query = (async (config: unknown) => {
    step()
    const sent = query(config)
    // Runs when the statement is on its way to the server.
    setImmediate(step)
    const result = await sent
    step()
    return result
  }) as typeof client.query
})

const texts = new Map<string, string>()
const auth = new PhoneAuth({
  ...postgresStores({ pool, schema }),
  smsSender: {
    send: async ({ to, text }) => {
      texts.set(to, text)
      return {}
    },
  },
  secret: SECRET,
  allowedRegions: ['US'],
  limits: noLimits,
  accessToken: { ttl: '30m' },
})

serve({
  auth,
  control: {
    open: async (phoneNumber: string) => {
      const { challengeId } = await auth.start({ phoneNumber })
      return { challengeId, code: texts.get(phoneNumber)?.split(' ')[0] ?? '' }
    },
    /** Ends the process after `count` more steps. */
    endAfter: (count: number) => {
      stepsLeft = count
    },
    now: () => Date.now(),
  },
})

export interface FaultsControl {
  open(phoneNumber: string): Promise<{ challengeId: string; code: string }>
  endAfter(count: number): Promise<void>
  now(): Promise<number>
}
