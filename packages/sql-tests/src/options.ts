import type { LimitOptions } from '@phone-auth/core'

export const SECRET = 'a secret of the tests, 32 bytes long and more'

/** Send limits that no test reaches. The limits on guesses stay in effect. */
export const noLimits: LimitOptions = {
  cooldown: [],
  sendsPerNumber: { '1m': 1_000_000 },
  sendsPerNumberAndNetwork: { '1m': 1_000_000 },
  sendsPerDevice: { '1m': 1_000_000 },
  sendsPerUser: { '1m': 1_000_000 },
  startsPerAddress: { '1m': 1_000_000 },
  startsPerNetwork: { '1m': 1_000_000 },
  startsFromUnknown: { '1m': 1_000_000 },
  failuresPerAddress: { '1m': 1_000_000 },
  failuresPerNetwork: { '1m': 1_000_000 },
}
