//! Restriction of a ground: without some of its parts, for those who may not read them.

use std::sync::OnceLock;

use super::super::ground::{DatasetId, FieldId, Ground, Join, Metric};

impl Ground {
    /// Without these datasets and all that is made of them.
    pub fn without(&self, datasets: &[DatasetId]) -> Ground {
        self.keeping(&|id| !datasets.contains(&id), &|_| true)
    }

    pub(in crate::chat) fn without_fields(&self, fields: &[FieldId]) -> Ground {
        self.keeping(&|_| true, &|id| !fields.contains(&id))
    }

    fn keeping(&self, keeps: &dyn Fn(DatasetId) -> bool, keeps_field: &dyn Fn(FieldId) -> bool) -> Ground {
        let mut places = vec![None; self.datasets.len()];
        let mut ground = Ground {
            datasets: Vec::new(),
            fields: Vec::new(),
            metrics: Vec::new(),
            joins: Vec::new(),
            calendar: self.calendar.clone(),
            is_hand_made: self.is_hand_made,
            is_generated: self.is_generated,
            kept_back: self.kept_back.clone(),
            derived: OnceLock::new(),
        };
        for (at, dataset) in self.datasets.iter().enumerate() {
            if keeps(DatasetId(at)) {
                places[at] = Some(DatasetId(ground.datasets.len()));
                ground.datasets.push(dataset.clone());
            }
        }
        let place = |id: DatasetId| places.get(id.0).copied().flatten();
        let mut field_places = vec![None; self.fields.len()];
        for (at, field) in self.fields.iter().enumerate() {
            if let (Some(dataset), true) = (place(field.dataset), keeps_field(FieldId(at))) {
                field_places[at] = Some(FieldId(ground.fields.len()));
                let mut field = field.clone();
                field.dataset = dataset;
                ground.fields.push(field);
            }
        }
        let field = |id: Option<FieldId>| id.and_then(|id| field_places.get(id.0).copied().flatten());
        for dataset in &mut ground.datasets {
            dataset.default_time = field(dataset.default_time);
        }
        for metric in &self.metrics {
            let datasets: Option<Vec<DatasetId>> = metric.datasets.iter().map(|id| place(*id)).collect();
            let names_lost = self.datasets.iter().enumerate().any(|(at, dataset)| {
                let name = &dataset.names.name;
                place(DatasetId(at)).is_none()
                    && metric.default_filters.iter().any(|filter| {
                        filter.contains(&format!("\"{name}\".")) || filter.contains(&format!("`{name}`."))
                    })
            });
            // A time of its own that is lost would silently be another one.
            let is_dated = metric.time.is_none() || field(metric.time).is_some();
            if let (Some(datasets), false, true) = (datasets, names_lost, is_dated) {
                ground.metrics.push(Metric { datasets, time: field(metric.time), ..metric.clone() });
            }
        }
        for join in &self.joins {
            if let (Some(from), Some(to)) = (place(join.from), place(join.to)) {
                ground.joins.push(Join { from, to, ..join.clone() });
            }
        }
        ground
    }
}
