//! The first k of a row, equal ones in PyTorch's order.
//!
//! Which of equal cells `torch.topk` takes, and in what order, follows from the algorithms of libstdc++ that it calls:
//! `partial_sort` where k is at most a 64th of the row, else `nth_element`, then `sort` of all before the k-th
//! (aten/src/ATen/native/TopKImpl.h). They are here step by step, so that the indices are PyTorch's: a row that a causal
//! mask leaves fewer than k scores has equal ones, and their indices are printed, counted and gathered by.

/// The numbers of the keys, those of the k smallest in front; of these the larger ones last, if they are to be `sorted`.
pub fn top(keys: &[u64], k: usize, sorted: bool) -> Vec<u32> {
    let n = keys.len();
    let mut queue = Queue { keys, order: (0..n as u32).collect() };
    if k == 0 {
        return queue.order;
    }
    if k * 64 <= n {
        queue.select_heap(0, k, n);
        queue.sort_heap(0, k);
        return queue.order;
    }
    queue.select_nth(k - 1);
    if sorted {
        queue.introsort(k - 1);
    }
    queue.order
}

struct Queue<'a> {
    keys: &'a [u64],
    order: Vec<u32>,
}

impl Queue<'_> {
    /// `std::nth_element`: introselect.
    fn select_nth(&mut self, nth: usize) {
        let (mut first, mut last) = (0, self.order.len());
        let mut depth = depth_limit(last);
        while last - first > 3 {
            if depth == 0 {
                self.select_heap(first, nth + 1, last);
                self.order.swap(first, nth);
                return;
            }
            depth -= 1;
            let cut = self.cut_of(first, last);
            if cut <= nth { first = cut } else { last = cut }
        }
        self.sort_by_insertion(first, last);
    }

    /// `std::sort` of the first n: introsort, and insertion for the rest.
    fn introsort(&mut self, n: usize) {
        let mut waiting = vec![(0, n, depth_limit(n.max(1)))];
        while let Some((first, mut last, mut depth)) = waiting.pop() {
            while last - first > 16 {
                if depth == 0 {
                    self.select_heap(first, last, last);
                    self.sort_heap(first, last);
                    break;
                }
                depth -= 1;
                let cut = self.cut_of(first, last);
                waiting.push((cut, last, depth));
                last = cut;
            }
        }
        self.sort_by_insertion(0, n);
    }

    /// Cells before the median of three in front of those after it; where the latter begin.
    fn cut_of(&mut self, first: usize, last: usize) -> usize {
        let median = self.median(first + 1, first + (last - first) / 2, last - 1);
        self.order.swap(first, median);
        let pivot = self.order[first];
        let (mut low, mut high) = (first + 1, last);
        loop {
            while self.is_before(self.order[low], pivot) {
                low += 1;
            }
            high -= 1;
            while self.is_before(pivot, self.order[high]) {
                high -= 1;
            }
            if low >= high {
                return low;
            }
            self.order.swap(low, high);
            low += 1;
        }
    }

    fn median(&self, a: usize, b: usize, c: usize) -> usize {
        let [x, y, z] = [a, b, c].map(|i| self.order[i]);
        match (self.is_before(x, y), self.is_before(y, z), self.is_before(x, z)) {
            (true, true, _) => b,
            (true, false, true) => c,
            (true, false, false) | (false, _, true) => a,
            (false, true, false) => c,
            (false, false, false) => b,
        }
    }

    fn sort_by_insertion(&mut self, first: usize, last: usize) {
        for i in first + 1..last {
            let cell = self.order[i];
            let mut hole = i;
            while hole > first && self.is_before(cell, self.order[hole - 1]) {
                self.order[hole] = self.order[hole - 1];
                hole -= 1;
            }
            self.order[hole] = cell;
        }
    }

    /// The foremost of first … last in a heap up to `middle`.
    fn select_heap(&mut self, first: usize, middle: usize, last: usize) {
        let length = middle - first;
        for parent in (0..length / 2).rev() {
            self.sift(first, parent, length, self.order[first + parent]);
        }
        for i in middle..last {
            let cell = self.order[i];
            if self.is_before(cell, self.order[first]) {
                self.order[i] = self.order[first];
                self.sift(first, 0, length, cell);
            }
        }
    }

    fn sort_heap(&mut self, first: usize, last: usize) {
        for end in (first + 1..last).rev() {
            let cell = self.order[end];
            self.order[end] = self.order[first];
            self.sift(first, 0, end - first, cell);
        }
    }

    /// `std::__adjust_heap`: the hole goes down to a leaf, and the cell up from there.
    fn sift(&mut self, first: usize, top: usize, length: usize, cell: u32) {
        let heap = &mut self.order[first..first + length];
        let keys = self.keys;
        let is_before = |a: u32, b: u32| keys[a as usize] < keys[b as usize];
        let mut hole = top;
        while 2 * hole + 2 < length {
            let child = 2 * hole + 2;
            let child = child - usize::from(is_before(heap[child], heap[child - 1]));
            heap[hole] = heap[child];
            hole = child;
        }
        if 2 * hole + 2 == length {
            heap[hole] = heap[length - 1];
            hole = length - 1;
        }
        while hole > top && is_before(heap[(hole - 1) / 2], cell) {
            heap[hole] = heap[(hole - 1) / 2];
            hole = (hole - 1) / 2;
        }
        heap[hole] = cell;
    }

    fn is_before(&self, a: u32, b: u32) -> bool {
        self.keys[a as usize] < self.keys[b as usize]
    }
}

fn depth_limit(n: usize) -> u32 {
    2 * n.ilog2()
}
