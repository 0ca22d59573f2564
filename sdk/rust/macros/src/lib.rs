//! The attributes of `sluice-sdk`.
