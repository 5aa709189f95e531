import { testContracts } from '@phone-auth/sql-tests/contracts'
import { postgresSubject } from './subject.ts'

testContracts(postgresSubject)
