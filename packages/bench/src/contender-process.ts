import { createServer } from 'node:http'
import { serve } from '@phone-auth/conformance/processes'
import type { Contender, ContenderName, DatabaseUrl, Limits, OpenContender, Opened, Operation } from './contender.ts'
import { flushStatistics } from './contenders/databases.ts'
import { type Batch, runBatch } from './load.ts'

// Runs one contender in a separate process, so that its processor time is measured alone.

let contender: Contender | undefined

function opened(): Contender {
  if (contender === undefined) throw new Error('No contender is open.')
  return contender
}

/** The input of one operation: a phone number before it is signed in, a credential after. */
export type Item = Opened & { readonly address: string; readonly code: string; readonly credential: string }

function operate({ phoneNumber, address, challenge, code, credential }: Item, operation: Operation): Promise<unknown> {
  const { send, verify, profile, logout } = opened()
  switch (operation) {
    case 'send':
    case 'send again':
      return send(phoneNumber, address)
    case 'sign-up':
    case 'login':
      return verify({ phoneNumber, challenge }, code, address)
    case 'profile':
      return profile(credential)
    case 'logout':
      return logout(credential)
  }
}

const served = {
  /** Opens a contender on an empty database and starts its server. Returns the port. */
  open: async (name: ContenderName, url: DatabaseUrl, limits: Limits): Promise<number> => {
    const { open } = (await import(`./contenders/${name}.ts`)) as { open: OpenContender }
    contender = await open(url, limits)
    const server = createServer(contender.listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as { port: number }).port
  },
  /** What the process has used so far: processor time in microseconds, and statements. */
  used: () => {
    const { user, system } = process.cpuUsage()
    return { cpuMicros: user + system, statements: opened().statements() }
  },
  /** Makes the database's statistics include everything that this process has done. */
  flushStatistics,
  codes: (phoneNumbers: readonly string[]) => phoneNumbers.map((phoneNumber) => opened().code(phoneNumber)),
  /** Runs a batch within this process. */
  run: (operation: Operation, items: readonly Item[], concurrency: number): Promise<Batch> =>
    runBatch(items, concurrency, (item) => operate(item, operation)),
  close: () => opened().close(),
}

export type ContenderProcess = {
  readonly [Name in keyof typeof served]: (
    ...input: Parameters<(typeof served)[Name]>
  ) => Promise<Awaited<ReturnType<(typeof served)[Name]>>>
}

serve({ contender: served })
