import type { RequestListener } from 'node:http'

/** A phone number with an open challenge. */
export interface Opened {
  readonly phoneNumber: string
  /** What the client sends back together with the code. */
  readonly challenge: string
}

/** An implementation of phone sign-in, as the benchmark calls it from the same process. */
export interface Contender {
  /** Sends a code to a number. Returns the challenge. */
  send(phoneNumber: string, address: string): Promise<string>
  /** Signs a number in, for the first time or again. Returns the credential of the client. */
  verify(opened: Opened, code: string, address: string): Promise<string>
  /** Reads the profile that `credential` gives access to. */
  profile(credential: string): Promise<unknown>
  /** Ends the session of `credential`. */
  logout(credential: string): Promise<unknown>
  /** The code of the last message to a number. */
  code(phoneNumber: string): string
  /** The same operations over `node:http`. */
  readonly listener: RequestListener
  /** The number of statements that the database has received. */
  statements(): number
  close(): Promise<void>
}

/** Where a contender keeps its data. */
export type DatabaseUrl = `sqlite:${string}` | `postgresql://${string}`

/**
 * Which limits by address and network apply: those that the contender has by default, or so many
 * that no request is refused.
 */
export type Limits = 'default' | 'raised'

/** Opens a contender on an empty database and creates its tables. */
export type OpenContender = (url: DatabaseUrl, limits: Limits) => Promise<Contender>

/** The contenders. Each is in the module of that name. */
export const CONTENDERS = ['phone-auth', 'better-auth', 'better-auth-limited', 'floor'] as const
export type ContenderName = (typeof CONTENDERS)[number]

/** The databases on which they are measured. */
export const DATABASES = ['sqlite', 'postgresql'] as const
export type DatabaseName = (typeof DATABASES)[number]

/** The operations that are measured. `send` is to a new number, `send again` to a user. */
export const OPERATIONS = ['send', 'sign-up', 'send again', 'login', 'profile', 'logout'] as const
export type Operation = (typeof OPERATIONS)[number]
