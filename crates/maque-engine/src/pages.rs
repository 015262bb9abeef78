//! KV pages as numbers: which are free, and how many hold each of the others.

/// A fixed number of pages with reference counts.
#[derive(Debug)]
pub(crate) struct Pages {
    n_holders: Vec<u32>, // [n_pages]
    free: Vec<u32>,      // the last one is taken first
}

impl Pages {
    /// All pages free; low numbers are taken first, so memory is touched only as far as needed.
    pub(crate) fn new(n_pages: usize) -> Pages {
        let n_pages = u32::try_from(n_pages).unwrap_or(u32::MAX);
        Pages {
            n_holders: vec![0; n_pages as usize],
            free: (0..n_pages).rev().collect(),
        }
    }

    /// Pages there are.
    pub(crate) fn len(&self) -> usize {
        self.n_holders.len()
    }

    /// Pages that nobody holds.
    pub(crate) fn n_free(&self) -> usize {
        self.free.len()
    }

    /// Holders of a page.
    pub(crate) fn n_holders(&self, page: u32) -> u32 {
        self.n_holders[page as usize]
    }

    /// A free page with one holder.
    pub(crate) fn take(&mut self) -> Option<u32> {
        let page = self.free.pop()?;
        self.n_holders[page as usize] = 1;
        Some(page)
    }

    /// One more holder of a held page.
    pub(crate) fn retain(&mut self, page: u32) {
        debug_assert!(0 < self.n_holders(page), "page {page} is free");
        self.n_holders[page as usize] += 1;
    }

    /// One holder less; the last one frees the page.
    pub(crate) fn release(&mut self, page: u32) {
        let n_holders = &mut self.n_holders[page as usize];
        assert!(0 < *n_holders, "page {page} is released once too often");
        *n_holders -= 1;
        if *n_holders == 0 {
            self.free.push(page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_free_again_when_its_last_holder_lets_go() {
        let mut pages = Pages::new(2);
        let page = pages.take().expect("two are free");
        pages.retain(page);
        pages.release(page);
        assert_eq!((pages.n_free(), pages.n_holders(page)), (1, 1));
        pages.release(page);
        assert_eq!((pages.n_free(), pages.n_holders(page)), (2, 0));
    }

    #[test]
    fn low_pages_come_first_and_there_are_no_more_than_said() {
        let mut pages = Pages::new(3);
        let taken: Vec<_> = std::iter::from_fn(|| pages.take()).collect();
        assert_eq!(taken, [0, 1, 2]);
        pages.release(1);
        assert_eq!((pages.take(), pages.take()), (Some(1), None));
    }

    #[test]
    #[should_panic(expected = "released once too often")]
    fn a_page_cannot_be_released_twice() {
        let mut pages = Pages::new(1);
        let page = pages.take().expect("one is free");
        pages.release(page);
        pages.release(page);
    }
}
