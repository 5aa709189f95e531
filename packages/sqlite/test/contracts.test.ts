import { testContracts } from '@phone-auth/sql-tests/contracts'
import { sqliteSubject } from './subject.ts'

testContracts(sqliteSubject)
