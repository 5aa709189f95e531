/** The most messages and guesses of a number. */
export interface NumberLimits {
  readonly messages: { readonly hour: number; readonly day: number }
  /** Wrong guesses, together with those that open challenges may still use. */
  readonly guesses: { readonly hour: number; readonly day: number; readonly month: number }
}

/** From a network without a sign-in to the number in the last 90 days. */
export const STRANGER: NumberLimits = { messages: { hour: 3, day: 8 }, guesses: { hour: 10, day: 20, month: 67 } }

/** From a network that is known to the number. */
export const KNOWN: NumberLimits = { messages: { hour: 5, day: 10 }, guesses: { hour: 15, day: 30, month: 100 } }

/** The most starts and guesses per hour of an address and of a network. */
export interface SourceLimits {
  readonly address: { readonly starts: number; readonly guesses: number }
  readonly network: { readonly starts: number; readonly guesses: number }
}

/** The limits by address and network that apply by default. */
export const SOURCES: SourceLimits = {
  address: { starts: 150, guesses: 60 },
  network: { starts: 600, guesses: 200 },
}

/** The operations that the floor needs from a database. */
export interface FloorDatabase {
  /** Charges the limits and stores a challenge. Throws if a limit is reached. */
  start(challenge: {
    readonly number: number
    readonly address: number
    readonly id: Buffer
    readonly codeHash: Buffer
  }): Promise<void>
  /** Returns the id of the user; nothing if the code is wrong or no challenge is open. */
  verify(attempt: {
    readonly number: number
    readonly id: Buffer
    readonly codeHash: Buffer
    readonly sessionId: Buffer
    readonly refreshHash: Buffer
  }): Promise<number | null>
  profile(sessionId: Buffer): Promise<object | null>
  logout(sessionId: Buffer): Promise<boolean>
  close(): Promise<void>
}
