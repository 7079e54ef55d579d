//! What others say: census, eradication, spraying, events, seizures.
