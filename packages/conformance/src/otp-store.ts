import type { OtpStore } from '@phone-auth/core/adapters'
import type { Contract, Fleet } from './clause.ts'
import { codeServiceClauses } from './otp-store-code-service.ts'
import { deliveryClauses } from './otp-store-delivery.ts'
import { discardClauses } from './otp-store-discard.ts'
import { openClauses } from './otp-store-open.ts'
import { redeemClauses } from './otp-store-redeem.ts'
import { resendClauses } from './otp-store-resend.ts'

/** The promises of {@link OtpStore}. */
export const otpStoreContract: Contract<Fleet<OtpStore>> = [
  ...openClauses,
  ...redeemClauses,
  ...codeServiceClauses,
  ...resendClauses,
  ...deliveryClauses,
  ...discardClauses,
]
