//! The shapes of the deprecated paths: the same ones, with the other names.

use std::collections::HashMap;

use emporion_edge::shape::{Member, Shape, Struct};

use crate::mount::Mount;

/// Makes the twin of every shape that the mount spells differently; one that it spells alike is its own twin.
///
/// Used once, at start: twins live as long as the program.
#[derive(Default)]
pub struct Mirror {
    twins: HashMap<*const Struct, &'static Struct>,
}

impl Mirror {
    pub fn of_struct(&mut self, mount: Mount, original: &'static Struct) -> &'static Struct {
        if mount == Mount::DataProducts {
            return original;
        }
        if let Some(twin) = self.twins.get(&std::ptr::from_ref(original)) {
            return twin;
        }
        let members: Vec<Member> = original
            .members
            .iter()
            .map(|member| Member { name: mount.key(member.name), shape: self.of_shape(mount, member.shape), ..*member })
            .collect();
        let differs = members
            .iter()
            .zip(original.members)
            .any(|(twin, member)| twin.name != member.name || !is_same(twin.shape, member.shape));
        let twin: &'static Struct = if differs {
            Box::leak(Box::new(Struct {
                name: twin_name(original.name).leak(),
                members: members.leak(),
                open: original.open,
            }))
        } else {
            original
        };
        self.twins.insert(std::ptr::from_ref(original), twin);
        twin
    }

    pub fn of_shape(&mut self, mount: Mount, shape: Shape) -> Shape {
        match shape {
            Shape::Struct(original) => Shape::Struct(self.of_struct(mount, original)),
            Shape::Union(original) => Shape::Union(self.of_struct(mount, original)),
            Shape::List { of, min, max } => Shape::List { of: self.of_inner(mount, of), min, max },
            Shape::Map { of, max } => Shape::Map { of: self.of_inner(mount, of), max },
            Shape::OneOrMany { of, max } => Shape::OneOrMany { of: self.of_inner(mount, of), max },
            Shape::Nullable(of) => Shape::Nullable(self.of_inner(mount, of)),
            Shape::AnyOf(of) => {
                let twins: Vec<Shape> = of.iter().map(|one| self.of_shape(mount, *one)).collect();
                Shape::AnyOf(twins.leak())
            }
            plain => plain,
        }
    }

    fn of_inner(&mut self, mount: Mount, inner: &'static Shape) -> &'static Shape {
        let twin = self.of_shape(mount, *inner);
        if is_same(twin, *inner) { inner } else { Box::leak(Box::new(twin)) }
    }
}

/// Whether the twin is the original itself; only structs can differ.
fn is_same(twin: Shape, original: Shape) -> bool {
    match (twin, original) {
        (Shape::Struct(twin), Shape::Struct(original)) | (Shape::Union(twin), Shape::Union(original)) => {
            std::ptr::eq(twin, original)
        }
        (Shape::Nullable(twin), Shape::Nullable(original))
        | (Shape::List { of: twin, .. }, Shape::List { of: original, .. })
        | (Shape::Map { of: twin, .. }, Shape::Map { of: original, .. })
        | (Shape::OneOrMany { of: twin, .. }, Shape::OneOrMany { of: original, .. }) => is_same(*twin, *original),
        (Shape::AnyOf(twins), Shape::AnyOf(originals)) => {
            twins.iter().zip(originals).all(|(twin, original)| is_same(*twin, *original))
        }
        _ => true,
    }
}

fn twin_name(name: &str) -> String {
    if name.contains("DataProduct") { name.replace("DataProduct", "Workspace") } else { format!("Workspace{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{asset, data_source, product};

    #[test]
    fn a_shape_that_names_products_gets_a_twin() {
        let mut mirror = Mirror::default();
        let twin = mirror.of_struct(Mount::Workspaces, &product::CREATED);
        assert_eq!(twin.name, "WorkspaceCreated");
        assert_eq!(twin.members[0].name, "workspace");
        let Shape::Struct(workspace) = twin.members[0].shape else { panic!("a struct") };
        assert_eq!(workspace.name, "Workspace");
        assert!(workspace.member("externalWorkspaceId").is_some());
        let Shape::List { of: Shape::Struct(item), .. } = twin.members[1].shape else { panic!("a list of structs") };
        assert_eq!(item.name, "WorkspaceDataAsset");
        assert!(std::ptr::eq(*item, mirror.of_struct(Mount::Workspaces, &asset::ASSET)));
    }

    #[test]
    fn a_shape_without_product_names_is_shared() {
        let mut mirror = Mirror::default();
        assert!(std::ptr::eq(mirror.of_struct(Mount::Workspaces, &data_source::LIST), &data_source::LIST));
        assert!(std::ptr::eq(mirror.of_struct(Mount::Workspaces, &asset::PATCH), &asset::PATCH));
        assert!(std::ptr::eq(mirror.of_struct(Mount::DataProducts, &product::PRODUCT), &product::PRODUCT));
    }
}
