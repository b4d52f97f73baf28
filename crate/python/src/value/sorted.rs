//! Sorting what is no program's list: names, members, pairs.

use std::cmp::Ordering;

use tensor::layout::sort_indices;

/// The items in order, equal ones as they were.
pub fn sorted_by<T>(items: Vec<T>, compare: &dyn Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_indices(&mut order, &|a, b| compare(&items[a], &items[b]));
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|position| items[position].take()).collect()
}
