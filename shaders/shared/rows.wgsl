struct Place {
    row: u32,
    lane: u32,
}

// `p.lanes` invocations work on a row. They are neighbours (`p.step` is 1) where the cells of a row are
// neighbours in memory; else neighbours work on neighbouring rows, and lanes are `p.step` apart.
fn place(workgroup: vec3<u32>, invocation: u32) -> Place {
    let rows_here = 256u / p.lanes;
    let first = (workgroup.x + workgroup.y * 65535u) * rows_here;
    if p.step == 1u {
        return Place(first + invocation / p.lanes, invocation % p.lanes);
    }
    return Place(first + invocation % rows_here, invocation / rows_here);
}
