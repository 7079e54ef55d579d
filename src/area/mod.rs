//! Mask to hectares: the only pixel-to-area code.
