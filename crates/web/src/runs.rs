//! `GET /api/v1/streaks` and `/api/v1/luck`: runs of one name, waits and gaps, and whether blocks came as often as before; each with the
//! probability that chance alone does the same.

pub(crate) mod luck;
pub(crate) mod streaks;
