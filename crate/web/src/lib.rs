use wasm_bindgen::prelude::*;
#[wasm_bindgen]
pub async fn probe() -> Result<String, JsError> {
    console_error_panic_hook::set_once();
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = instance.request_adapter(&wgpu::RequestAdapterOptions::default()).await?;
    Ok(format!("{:?}", adapter.get_info()))
}
