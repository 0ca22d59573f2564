//! Rule by rule, natively.
