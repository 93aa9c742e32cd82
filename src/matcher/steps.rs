//! Counts what matching does, for the test that its time grows with the text and no faster. Costs nothing elsewhere.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// So many steps were taken.
#[inline(always)]
pub(super) fn step(_steps: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + _steps));
}

/// The steps since the last call.
#[cfg(test)]
pub(super) fn taken() -> usize {
    STEPS.with(|steps| steps.replace(0))
}
