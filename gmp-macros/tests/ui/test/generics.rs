#[gmp::test]
fn any<T>()
where
    T: Default,
{
    T::default();
}

fn main() {}
