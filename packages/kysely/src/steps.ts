import type { JointSignIn, OtpStore, SessionStore, UserStore } from '@phone-auth/core'

/** The steps that a sign-in is made of, each as its port defines it: what databases do in different ways. */
export interface Steps {
  readonly open: OtpStore['open']
  readonly resend: OtpStore['resend']
  readonly redeem: OtpStore['redeem']
  readonly signInUser: UserStore['signIn']
  readonly signIn: JointSignIn['signIn']
  readonly rotate: SessionStore['rotate']
}
